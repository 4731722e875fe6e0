#!/bin/sh
# Makes callback.jsonl anew with nothing but openssl and the shell, so that no code of the project takes part in it.
set -eu
token=8aT3kQ9x appkey=dingappkey0001 aes_key=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ
key=$(printf '%s=' $aes_key | openssl base64 -d -A | od -An -tx1 | tr -d ' \n')
iv=$(printf %s "$key" | cut -c1-32)
vector() { # random (16 characters), message, time stamp, nonce
    length=$(printf %s "$2" | wc -c)
    total=$((16 + 4 + length + ${#appkey}))
    missing=$((32 - total % 32))
    octal=$(printf '\\%03o' $missing)
    encrypt=$({
        printf %s "$1"
        # shellcheck disable=SC2059 # octal escapes are what is printed
        printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((length >> 24 & 255)) $((length >> 16 & 255)) $((length >> 8 & 255)) $((length & 255)))"
        printf %s "$2$appkey"
        # shellcheck disable=SC2059 # likewise
        for _ in $(seq $missing); do printf "$octal"; done
    } | openssl enc -aes-256-cbc -nopad -K "$key" -iv "$iv" | openssl base64 -A)
    signature=$(printf '%s\n%s\n%s\n%s\n' $token "$3" "$4" "$encrypt" | LC_ALL=C sort | tr -d '\n' | openssl dgst -sha1 -r | cut -d' ' -f1)
    printf '{"token": "%s", "aes_key": "%s", "appkey": "%s", "random": "%s", "message": "%s", "encrypt": "%s", "msg_signature": "%s", "timeStamp": "%s", "nonce": "%s"}\n' \
        $token $aes_key $appkey "$1" "$(printf %s "$2" | sed 's/"/\\"/g')" "$encrypt" "$signature" "$3" "$4"
}
{
    vector 0123456789abcdef '{"event_type": "check_url"}' 1764000000000 n1
    vector fedcba9876543210 '{"event_type": "user_update", "value": [{"id": "1", "name": "张伟"}]}' 1764000000 随机
    vector aaaaaaaaaaaaaaaa success 1764000000123 Zz09
    vector bbbbbbbbbbbbbbbb '{"event_type": "dept_remove", "value": []}12345678' 1 x
    vector cccccccccccccccc '' 0 ''
} >"$(dirname "$0")/callback.jsonl"
