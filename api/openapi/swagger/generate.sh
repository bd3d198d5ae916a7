#!/usr/bin/env bash
# Makes the files in assets from the npm package of Swagger UI, which it fetches. The release stands in swagger.go too.
set -euo pipefail
cd "$(dirname "$0")"
version=$(sed -n 's/^const Version = "\(.*\)"$/\1/p' swagger.go)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" "swagger-ui-dist@$version" >/dev/null
tar -xzf "$work"/*.tgz -C "$work"
cd "$work/package"
# Nothing is there to read the map.
sed -i '/^\/\/# sourceMappingURL=/d' swagger-ui-bundle.js
sed -i 's/\/\*# sourceMappingURL=.*\*\///' swagger-ui.css
{
	echo "Swagger UI $version, https://github.com/swagger-api/swagger-ui, with the libraries in its bundle."
	for file in NOTICE LICENSE swagger-ui-bundle.js.LICENSE.txt; do
		printf '\n--- %s\n\n' "$file"
		cat "$file"
	done
} >licenses.txt
for file in swagger-ui.css swagger-ui-bundle.js licenses.txt; do
	gzip -9 --no-name --stdout "$file" >"$OLDPWD/assets/$file.gz"
done
