#!/bin/bash
# Does what the official image's entrypoint does: cookie and first user from the environment.
set -euo pipefail
cookie=/var/lib/rabbitmq/.erlang.cookie
if [ -n "${RABBITMQ_ERLANG_COOKIE:-}" ] && [ ! -f $cookie ]; then
    (umask 077 && printf '%s' "$RABBITMQ_ERLANG_COOKIE" >$cookie)
fi
if [ "${1:-}" = rabbitmq-server ] && [ -n "${RABBITMQ_DEFAULT_USER:-}" ]; then
    printf 'default_user = %s\ndefault_pass = %s\nlog.console = true\n' "$RABBITMQ_DEFAULT_USER" "$RABBITMQ_DEFAULT_PASS" >/etc/rabbitmq/conf.d/10-defaults.conf
fi
exec "$@"
