#!/bin/sh
exec /opt/Gatehouse/resources/dist/node /opt/Gatehouse/resources/dist/gatehouse.js "$@"
