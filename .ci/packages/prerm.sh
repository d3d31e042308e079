#!/bin/sh
set -e
case "$1" in
  remove | deconfigure)
    if [ -f /etc/apparmor.d/gatehouse ]; then
      if [ -d /sys/kernel/security/apparmor ] && command -v apparmor_parser >/dev/null; then
        apparmor_parser --remove /etc/apparmor.d/gatehouse || true
      fi
      rm -f /etc/apparmor.d/gatehouse
    fi
    ;;
esac
