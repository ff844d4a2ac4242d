#!/bin/sh
# signature-key.sh [KEY.pem]: prints C with the public key by which new images are believed. Without one: a development
# key that is made here, whose private half lies beside it for everybody to use.
set -eu
key=${1-}
if [ -z "$key" ]; then
  key=build/development-key.pem
  [ -f "$key" ] || node -e '
    const { generateKeyPairSync } = require("node:crypto");
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const { writeFileSync } = require("node:fs");
    writeFileSync("build/development-private-key.pem", privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    writeFileSync("build/development-key.pem", publicKey.export({ type: "spki", format: "pem" }));'
  cat >&2 <<EOF
*** DEVELOPMENT KEY: this firmware takes every image that build/development-private-key.pem signs.
*** For a device that goes near a person: make KEY=your-public-key.pem
EOF
fi
hex=$(sed '/-----/d' "$key" | base64 -d | od -An -v -tx1 | tr -d ' \n')
prefix=302a300506032b6570032100 # SubjectPublicKeyInfo of an Ed25519 key: RFC 8410
case $hex in
  "$prefix"????????????????????????????????????????????????????????????????) ;;
  *)
    echo "$key: is no public Ed25519 key in PEM. Make one: openssl pkey -in private.pem -pubout -out public.pem" >&2
    exit 1
    ;;
esac
echo '#include "../core/signature.h"'
echo "const uint8_t signature_key[32] = {$(echo "${hex#"$prefix"}" | sed 's/../0x&, /g')};"
