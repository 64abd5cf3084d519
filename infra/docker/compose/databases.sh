#!/bin/sh
# A database and two roles for each service, on the first start of PostgreSQL: an owner that migrates, and the role of the
# service, which owns nothing.
set -eu
for service in auth directory audit partner_gateway; do
  upper=$(echo "$service" | tr a-z A-Z)
  eval "owner=\$${upper}_DATABASE_OWNER_PASSWORD app=\$${upper}_DATABASE_APP_PASSWORD"
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres <<SQL
    create role ${service}_owner login password '$owner';
    create role ${service}_app login password '$app';
    create database gatehouse_${service} owner ${service}_owner;
    revoke all on database gatehouse_${service} from public;
    grant connect on database gatehouse_${service} to ${service}_app;
SQL
done
