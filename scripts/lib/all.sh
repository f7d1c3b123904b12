# shellcheck shell=bash
# Loads everything that a script needs to work on a running market.
for part in say repositories state processes ports packages toolchain etcd rabbitmq mongodb services building market archive; do
    # shellcheck source=/dev/null
    . "$(dirname "${BASH_SOURCE[0]}")/$part.sh"
done
unset part
