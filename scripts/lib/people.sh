# shellcheck shell=bash
# The people of the demo, and how they speak to the market at $gateway.
# shellcheck disable=SC2154,SC2034 # the script that loads this sets gateway and reads TOKENS

PEOPLE=(anna ben clara)
DEALER=autohaus
declare -A TOKENS=()
# Whose id it is.
declare -A NAMES=()

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

# What the people of the demo tell of themselves. The numbers are those that the Bundesnetzagentur keeps free for fiction.
profile_of() {
    case $1 in
        anna) jq -nc '{name: "Anna Berger", location: "Leipzig", phone: "030 23125 014", about: "Two children, one dog, and now a car too many."}' ;;
        ben) jq -nc '{name: "Ben Krüger", location: "Hamburg", phone: "040 66969 120", about: "I look after my cars myself."}' ;;
        clara) jq -nc '{name: "Clara Vogt", location: "Köln", phone: "0221 4710 337", about: "Best reached in the evening."}' ;;
        "$DEALER") jq -nc '{name: "Autohaus am Ring", location: "Berlin", phone: "030 23125 500", about: "Used cars with inspection and guarantee. Monday to Friday 9 to 18, Saturday 9 to 14."}' ;;
        *) die "the demo has nobody called '$1'" ;;
    esac
}

# write_to BUYER CAR TEXT ANSWER: a buyer writes about a car; its seller answers, unless ANSWER is empty.
write_to() {
    local buyer=$1 car=$2 text=$3 answer=$4 conversation owner name
    conversation=$(call POST /api/me/conversations "$(jq -nc --arg car_id "$car" --arg text "$text" '{$car_id, $text}')" \
        -H "Authorization: Bearer ${TOKENS[$buyer]}" -H "Idempotency-Key: demo-$buyer-$car" | jq -r .id)
    [ -n "$answer" ] || return 0
    owner=$(call GET "/api/cars/$car" | jq -r .owner_id)
    name=${NAMES[$owner]}
    call POST "/api/me/conversations/$conversation/messages" "$(jq -nc --arg text "$answer" '{$text}')" \
        -H "Authorization: Bearer ${TOKENS[$name]}" -H "Idempotency-Key: demo-answer-$car" >/dev/null
}

# Fills TOKENS and NAMES. The dealer gets the role from the administrator, and signs in again: scopes are derived at sign-in.
everybody_signs_in() {
    local name tokens admin
    for name in "${PEOPLE[@]}" "$DEALER"; do
        tokens=$(arrive "$name")
        TOKENS[$name]=$(jq -r .access_token <<<"$tokens")
        NAMES[$(jq -r .user.id <<<"$tokens")]=$name
        call PATCH /api/me/profile "$(profile_of "$name")" -H "Authorization: Bearer ${TOKENS[$name]}" >/dev/null
    done
    if ! jq -e '.user.roles | index("dealer")' <<<"$tokens" >/dev/null; then
        admin=$(sign_in "$ADMIN_EMAIL" "$(admin_password)" | jq -r .access_token)
        call PUT "/api/admin/users/$(jq -r .user.id <<<"$tokens")/roles" '{"roles":["user","dealer"]}' -H "Authorization: Bearer $admin" >/dev/null
        TOKENS[$DEALER]=$(sign_in "$DEALER" "$(demo_password)" | jq -r .access_token)
    fi
    say "  ${PEOPLE[*]} and the dealer $DEALER have signed in"
}
