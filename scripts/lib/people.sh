# shellcheck shell=bash
# The people of the demo, and how they speak to the market at $gateway.
# shellcheck disable=SC2154,SC2034 # the script that loads this sets gateway and reads TOKENS

PEOPLE=(anna ben clara)
DEALER=autohaus
declare -A TOKENS=()

demo_password() {
    local password
    password=$(recall secrets demo_password)
    if [ -z "$password" ]; then
        (umask 077 && touch "$DEV/secrets")
        password=demo-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
        remember secrets demo_password "$password"
    fi
    printf '%s' "$password"
}

# call METHOD PATH [JSON [CURL OPTION...]]: prints the body; a refusal ends the script and shows it.
call() {
    local method=$1 path=$2 body=${3:-} answer
    shift $(($# > 3 ? 3 : $#))
    answer=$(curl -sS -m 20 -X "$method" ${body:+-H 'Content-Type: application/json' -d "$body"} "$@" -w '\n%{http_code}' "$gateway$path") ||
        die "$method $path: no answer from $gateway"
    case ${answer##*$'\n'} in
        2??) printf '%s' "${answer%$'\n'*}" ;;
        *) die "$method $path answered ${answer##*$'\n'}: ${answer%$'\n'*}" ;;
    esac
}

sign_in() { call POST /api/auth/sign-in "$(jq -nc --arg login "$1" --arg password "$2" '{$login, $password}')"; }

# arrive NAME: signs up; somebody who is there already signs in. Prints the tokens.
arrive() {
    local body code
    body=$(jq -nc --arg username "$1" --arg password "$(demo_password)" '{$username, email: "\($username)@example.com", $password}')
    code=$(curl -sS -m 20 -o "$DEV/answer" -w '%{http_code}' -H 'Content-Type: application/json' -d "$body" "$gateway/api/auth/sign-up")
    case $code in
        201) cat "$DEV/answer" ;;
        409) sign_in "$1" "$(demo_password)" ;;
        *) die "sign-up of $1 answered $code: $(cat "$DEV/answer")" ;;
    esac
    rm -f "$DEV/answer"
}

# Fills TOKENS. The dealer gets the role from the administrator, and signs in again: scopes are derived at sign-in.
everybody_signs_in() {
    local name tokens admin
    for name in "${PEOPLE[@]}" "$DEALER"; do
        tokens=$(arrive "$name")
        TOKENS[$name]=$(jq -r .access_token <<<"$tokens")
    done
    if ! jq -e '.user.roles | index("dealer")' <<<"$tokens" >/dev/null; then
        admin=$(sign_in "$ADMIN_EMAIL" "$(admin_password)" | jq -r .access_token)
        call PUT "/api/admin/users/$(jq -r .user.id <<<"$tokens")/roles" '{"roles":["user","dealer"]}' -H "Authorization: Bearer $admin" >/dev/null
        TOKENS[$DEALER]=$(sign_in "$DEALER" "$(demo_password)" | jq -r .access_token)
    fi
    say "  ${PEOPLE[*]} and the dealer $DEALER have signed in"
}
