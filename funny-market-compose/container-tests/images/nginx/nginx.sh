#!/bin/sh
# The wheel's nginx looks for its files elsewhere.
exec nginx-program -p /etc/nginx -c /etc/nginx/nginx.conf -e /dev/stderr "$@"
