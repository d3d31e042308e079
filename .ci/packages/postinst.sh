#!/bin/sh
set -e
[ "$1" = configure ] || exit 0

# Chromium's sandbox stands on user namespaces; only where an ordinary user has none it needs its own helper to be setuid.
sandbox=/opt/Gatehouse/chrome-sandbox
if setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user true 2>/dev/null; then
  chmod 0755 "$sandbox"
else
  chmod 4755 "$sandbox"
fi

# Only AppArmor 4 knows the rule, and only there it is needed.
profile=/opt/Gatehouse/resources/apparmor-profile
if command -v apparmor_parser >/dev/null && apparmor_parser --skip-kernel-load "$profile" >/dev/null 2>&1; then
  cp "$profile" /etc/apparmor.d/gatehouse
  if [ -d /sys/kernel/security/apparmor ]; then
    apparmor_parser --replace --write-cache --skip-read-cache /etc/apparmor.d/gatehouse || true
  fi
fi
