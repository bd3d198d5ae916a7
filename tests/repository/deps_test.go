package repository_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/seed-7694ebf6/plinth"

// arrow says which packages of this module one of them may import. Names are relative to the module, "." is its root, and "x/..."
// stands for x and everything below it.
type arrow struct {
	from string
	to   []string
	why  string
}

// arrows is the drawing of docs/design.md, section Packages and arrows. A package that is not in it may not exist.
var arrows = []arrow{
	{".", []string{"api/...", "auth/...", "cache/...", "internal/...", "middleware/...", "store/..."}, "the composition root wires everything and is imported by nothing of ours"},
	{"examples/...", []string{".", "api/...", "auth/...", "cache/...", "examples/internal/...", "internal/...", "middleware/...", "store/..."}, "examples are applications"},

	{"store", []string{"internal/canon", "internal/fulltext", "internal/jsonb", "internal/logging", "internal/errtext", "internal/ruletag", "internal/strictjson", "store/driver", "store/fault", "store/internal/...", "store/query", "store/schema"}, "rows and rules hold without identity or HTTP: callers arrive as a Scope"},
	{"store/driver", []string{"store/fault"}, "what store and an engine agree on knows neither; applications meet its one error that the store does not map"},
	{"store/fault", nil, "every layer of the store returns these errors"},
	{"store/access", []string{"internal/canon", "internal/strictjson", "store", "store/driver", "store/fault", "store/internal/...", "store/query", "store/schema"}, "what reads and writes tables by names and JSON stands beside the typed API, not below it"},
	{"store/changelog", []string{"internal/canon", "internal/logging", "internal/strictjson", "store", "store/access", "store/driver", "store/fault", "store/internal/...", "store/query", "store/schema"}, "reads what the write path logged, in transactions of the store"},
	{"store/query", []string{"internal/canon", "internal/fulltext", "internal/jsonb", "store/driver", "store/fault", "store/internal/textmatch", "store/internal/value", "store/schema"}, "what is meant, without statements or connections"},
	{"store/internal/sqlgen", []string{"internal/canon", "internal/fulltext", "internal/errtext", "internal/strictjson", "store/driver", "store/fault", "store/internal/textmatch", "store/internal/value", "store/query", "store/schema"}, "writes statements, and runs none"},
	{"store/internal/read", []string{"internal/canon", "store/driver", "store/fault", "store/internal/core", "store/internal/sqlgen", "store/internal/value", "store/query", "store/schema"}, "reads in the name of a scope"},
	{"store/internal/write", []string{"internal/canon", "internal/jsonb", "internal/ruletag", "internal/strictjson", "store/driver", "store/fault", "store/internal/core", "store/internal/read", "store/internal/sqlgen", "store/internal/value", "store/query", "store/schema"}, "the one write path, which reads what it answers"},
	{"store/internal/core", []string{"internal/canon", "internal/logging", "store/driver", "store/fault", "store/internal/sqlgen", "store/internal/turnstile", "store/internal/value", "store/query", "store/schema"}, "runs statements in sessions, whatever they say"},
	{"store/internal/...", []string{"internal/canon", "internal/errtext", "internal/strictjson", "store/driver", "store/internal/..."}, "parts of store, below it"},
	{"store/schema", []string{"internal/canon", "internal/jsonb", "internal/ruletag", "internal/strictjson", "store/driver", "store/fault", "store/internal/sqltokens", "store/internal/value"}, "tables know no queries, statements or connections"},
	{"store/sqlite", []string{"internal/canon", "internal/fulltext", "internal/jsonb", "internal/strictjson", "store", "store/driver", "store/internal/..."}, "an engine is a leaf: nobody gets SQLite who did not import it"},
	{"store/postgres", []string{"internal/canon", "internal/strictjson", "store", "store/driver", "store/internal/..."}, "an engine is a leaf: nobody gets pgx who did not import it"},
	{"store/migrate", []string{"internal/canon", "internal/fulltext", "internal/strictjson", "store", "store/driver", "store/internal/...", "store/schema"}, "schema changes work on what store describes, on any engine"},
	{"store/jobs", []string{"internal/errtext", "store", "store/jobs/internal/cron"}, "jobs use the store as an application does"},
	{"store/jobs/internal/cron", nil, "times of schedules are computed without a database"},
	{"store/validate", []string{"store"}, "one library behind store's one-method interface"},
	{"store/storetest", []string{"store", "store/migrate", "store/postgres", "store/sqlite"}, "opens databases on both engines; the source of PostgreSQL is an argument, so that the Docker client stays out"},
	{"store/storetest/pgtest", []string{"internal/testkit/programtest"}, "a server for tests is of use to any package, and to other modules"},

	{"auth", []string{"internal/crossorigin"}, "who calls is standard library only, so that any handler can ask"},
	{"auth/jwt", []string{"auth", "internal/outbound", "internal/strictjson"}, "one mechanism, usable alone; asks issuers for their keys"},
	{"auth/password", nil, "one mechanism, usable alone"},
	{"auth/totp", nil, "one mechanism, usable alone"},
	{"auth/accounts/internal/fail", []string{"auth/password", "internal/problem", "internal/strictjson"}, "errors with the codes of the wire, below all of accounts"},
	{"auth/accounts/internal/data", []string{"auth", "auth/accounts/internal/fail", "internal/netaddr", "internal/problem", "internal/strictjson", "store", "store/query"}, "rows, queries and the values of rows, which every service shares"},
	{"auth/accounts/internal/seal", []string{"auth/accounts/internal/data", "auth/accounts/internal/fail", "store"}, "one keyring encrypts and authenticates, below everything that keeps secrets"},
	{"auth/accounts/internal/code", []string{"auth/accounts/internal/data", "auth/accounts/internal/seal", "store"}, "codes know what they are stored as, not what they are for"},
	{"auth/accounts/internal/outbox", []string{"auth/accounts/internal/data", "auth/accounts/internal/fail", "auth/accounts/internal/seal", "store", "store/jobs"}, "sends by jobs and by interfaces that a Mailer and an SMSSender meet"},
	{"auth/accounts/internal/session", []string{"auth", "auth/accounts/internal/data", "auth/accounts/internal/fail", "auth/accounts/internal/seal", "auth/jwt", "auth/password", "internal/logging", "internal/problem", "store", "store/changelog"}, "begins, ends and verifies sessions, whatever opened them"},
	{"auth/accounts/internal/role", []string{"auth", "auth/accounts/internal/data", "auth/accounts/internal/fail", "auth/accounts/internal/session", "internal/problem", "store"}, "rights are changed on behalf of an authority, and end sessions"},
	{"auth/accounts/internal/throttle", []string{"auth/accounts/internal/data", "auth/accounts/internal/seal", "auth/password", "internal/problem", "store"}, "counts attempts and messages, and knows of no request"},
	{"auth/accounts/internal/apikey", []string{"auth", "auth/accounts/internal/data", "auth/accounts/internal/fail", "auth/accounts/internal/outbox", "auth/accounts/internal/role", "auth/accounts/internal/session", "internal/netaddr", "internal/problem", "internal/reqinfo", "store"}, "keys act for users and end as sessions do"},
	{"auth/accounts/internal/factor", []string{"auth", "auth/accounts/internal/code", "auth/accounts/internal/data", "auth/accounts/internal/fail", "auth/accounts/internal/outbox", "auth/accounts/internal/seal", "auth/accounts/internal/session", "auth/accounts/internal/throttle", "auth/totp", "internal/problem", "store"}, "a factor raises a session; passkeys meet an interface"},
	{"auth/accounts/internal/account", []string{"auth/accounts/internal/apikey", "auth/accounts/internal/code", "auth/accounts/internal/data", "auth/accounts/internal/fail", "auth/accounts/internal/outbox", "auth/accounts/internal/role", "auth/accounts/internal/seal", "auth/accounts/internal/session", "auth/accounts/internal/throttle", "auth/password", "internal/problem", "internal/strictjson", "store"}, "accounts are made and changed above all services that they touch"},
	{"auth/accounts/internal/federation", []string{"auth", "auth/accounts/internal/account", "auth/accounts/internal/data", "auth/accounts/internal/fail", "auth/accounts/internal/outbox", "auth/accounts/internal/role", "auth/accounts/internal/session", "internal/problem", "store"}, "identities of providers open, make and join accounts; providers meet an interface"},
	{"auth/accounts/internal/wire", []string{"auth", "auth/accounts/internal/account", "auth/accounts/internal/apikey", "auth/accounts/internal/code", "auth/accounts/internal/data", "auth/accounts/internal/factor", "auth/accounts/internal/fail", "auth/accounts/internal/federation", "auth/accounts/internal/outbox", "auth/accounts/internal/role", "auth/accounts/internal/seal", "auth/accounts/internal/session", "auth/accounts/internal/throttle", "auth/password", "auth/totp", "internal/crossorigin", "internal/netaddr", "internal/problem", "internal/reqinfo", "internal/strictjson", "store"}, "requests, answers and cookies: the only package of accounts that sees HTTP"},
	{"auth/accounts", []string{"auth", "auth/accounts/internal/...", "auth/password", "internal/problem", "store", "store/jobs", "store/migrate"}, "the API of Go for the services below; providers, passkeys and mail meet interfaces of its own"},
	{"auth/captcha", []string{"internal/outbound"}, "one mechanism, usable alone; asks a service"},
	{"auth/oidc", []string{"auth", "auth/jwt", "internal/errtext", "internal/netaddr", "internal/outbound"}, "one mechanism, usable alone; asks providers"},
	{"auth/passkey", []string{"auth", "internal/strictjson"}, "one mechanism, usable alone"},
	{"auth/authtest", []string{"auth", "auth/jwt"}, "mints what tests show to a verifier"},

	{"api", []string{"api/catalog", "api/internal/...", "api/openapi/...", "api/typescript", "auth", "internal/netaddr", "internal/bounds", "internal/canon", "internal/reqinfo", "internal/httpheader", "internal/respwriter", "internal/problem", "internal/errtext", "internal/ruletag", "internal/strictjson", "store", "store/access", "store/fault", "store/query", "store/schema"}, "no driver, no mechanism: it learns what an engine can do from db.Capabilities and who calls from a Principal"},
	{"api/realtime", []string{"api", "api/openapi", "api/internal/pgrst", "api/internal/variables", "auth", "internal/canon", "internal/problem", "internal/reqinfo", "internal/strictjson", "middleware", "store", "store/access", "store/changelog", "store/driver", "store/fault", "store/query", "store/schema"}, "streams changes under the rules of the resources"},
	{"api/internal/variables", []string{"auth", "internal/canon"}, "what rules read of callers and requests"},
	{"api/internal/...", []string{"api/internal/...", "internal/bounds", "internal/canon", "internal/fulltext", "internal/httpheader", "internal/problem", "internal/errtext", "internal/strictjson", "store", "store/query"}, "the wire's grammar does not know who calls"},
	{"api/catalog", []string{"store", "store/schema"}, "describes what one caller may use, below every document of it"},
	{"api/typescript", []string{"api/catalog", "api/openapi", "store", "store/schema"}, "another language for a catalog"},
	{"api/openapi/swagger", nil, "files for browsers, which know no API"},
	{"api/openapi", []string{"api/catalog", "internal/ruletag", "internal/strictjson", "store", "store/schema"}, "writes a catalog as a document: what a caller may see is decided in api"},
	{"api/mail", []string{"internal/netaddr"}, "sends what it is told to, whoever tells it: accounts meet it by an interface of theirs"},
	{"api/mail/outbox", []string{"api/mail", "store", "store/jobs"}, "mails of an application as jobs; package mail itself needs no database"},
	{"api/apitest", []string{"api", "auth", "auth/authtest", "auth/jwt", "internal/problem", "store", "store/storetest"}, "requests and policies as tests see them"},

	{"cache", []string{"internal/logging"}, "the contract and the loader are standard library only, so that any program can keep things"},
	{"cache/cachetest", []string{"cache"}, "the contract as tests, for any backend"},
	{"cache/memory", []string{"cache"}, "a backend is a leaf: nobody gets it who did not import it"},
	{"cache/redis", []string{"cache", "cache/memory"}, "a backend is a leaf, with copies in the process"},

	{"middleware", []string{"auth", "internal/netaddr", "internal/respwriter", "internal/bounds", "internal/crossorigin", "internal/reqinfo", "internal/httpheader", "internal/logging", "internal/problem", "internal/errtext"}, "stands around any handler: standard library only, and of identity what a Principal says"},
	{"middleware/compress", []string{"internal/crossorigin", "internal/reqinfo", "internal/httpheader"}, "codes what others have answered"},
	{"middleware/otel", []string{"internal/respwriter", "internal/reqinfo", "store"}, "makes spans of what others tell it"},
	{"middleware/prometheus", []string{"cache", "internal/respwriter", "internal/reqinfo", "store", "store/changelog", "store/jobs"}, "counts what others tell it"},
	{"middleware/cors", []string{"internal/httpheader"}, "speaks one protocol of browsers, whatever is behind it"},

	{"internal/chain", []string{"auth", "internal/bounds", "internal/problem", "internal/reqinfo", "internal/server", "middleware/..."}, "the middleware around every handler, and which surface a path belongs to"},
	{"internal/development", []string{"api", "api/mail", "auth", "auth/accounts", "internal/environment", "internal/netaddr", "internal/problem", "middleware/cors", "store", "store/access", "store/query"}, "what only a program in development does"},
	{"internal/command", []string{"api", "auth", "auth/accounts", "internal/environment", "internal/server", "store", "store/jobs", "store/migrate"}, "what a program can be told on its command line; the application is an argument"},
	{"internal/environment", []string{"api/mail", "internal/logging", "internal/netaddr"}, "reads variables; what they configure is decided above it"},
	{"internal/server", []string{"api", "internal/bounds", "internal/crossorigin", "internal/logging", "internal/netaddr", "internal/problem", "internal/respwriter", "middleware"}, "accepts, serves and drains; which requests there are is decided above it"},
	{"plinthtest", []string{".", "api/apitest", "api/mail", "auth", "auth/accounts", "auth/authtest", "store", "store/sqlite", "store/storetest"}, "a whole application as its tests use it; the source of PostgreSQL is an argument"},
	{"internal/testkit/apptest", []string{".", "api", "auth", "internal/testkit/programtest", "middleware/cors", "store"}, "an application for the tests of any package"},

	{"internal/netaddr", nil, "which IP addresses are one client and which hosts are this machine, below all limits and checks"},
	{"internal/bounds", nil, "default limits that several packages enforce, below all of them"},
	{"internal/respwriter", nil, "records and sends responses, below the chain and the API"},
	{"internal/canon", nil, "one form of a value, below everything"},
	{"internal/fulltext", nil, "one definition of what a search finds, below the engines"},
	{"internal/jsonb", []string{"internal/canon", "internal/strictjson"}, "judges documents for an engine and for rules in memory, below both"},
	{"internal/logging", nil, "names of log fields and sampled lines, below everything that logs"},
	{"internal/outbound", nil, "the one HTTP client for requests to other servers"},
	{"internal/httpheader", nil, "one parser of header values, below everything"},
	{"internal/crossorigin", nil, "one check of which page sent a request and which credentials a browser adds, below everything that reads cookies"},
	{"internal/reqinfo", []string{"internal/netaddr"}, "request metadata, below the middleware that writes it and reads it"},
	{"internal/problem", []string{"internal/reqinfo", "internal/httpheader", "internal/errtext", "store/fault"}, "the one map from errors of the store to codes, and from code to status, below everything that answers"},
	{"internal/errtext", nil, "how messages quote a client's text and suggest a name, below everything"},
	{"internal/ruletag", nil, "one parser of required values, below validation and documents"},
	{"internal/strictjson", []string{"internal/errtext"}, "one decoder, below everything"},
	{"internal/testkit/...", []string{"internal/testkit/...", "store/storetest/pgtest"}, "programs, proxies and tables for the tests of any package"},
	{"tests/conformance", nil, "compares the engines; all of it is test code"},
	{"tests/mutants", nil, "plants faults in the code and runs the tests of other packages"},
	{"tests/guide", nil, "follows a page of the documentation in a module of its own"},
	{"tests/security/...", []string{".", "api/...", "auth/...", "examples/...", "internal/...", "middleware/...", "store/..."}, "attacks a whole application, and measures what a request costs"},
	{"tests/wire/...", []string{".", "api/...", "auth/...", "examples/...", "internal/...", "middleware/...", "store/..."}, "compares a whole application with docs/wire.md, with its own document and on both engines"},
	{"tests/resilience/...", []string{".", "api/...", "auth/...", "examples/...", "internal/...", "middleware/...", "store/..."}, "a whole application whose database fails or is slow"},
	{"tests/repository/...", []string{".", "api", "store"}, "judges the source of the module"},
	{"tests/foreign/...", []string{".", "api/...", "auth/...", "examples/...", "internal/...", "middleware/...", "store/..."}, "foreign programs against a whole application"},
}

// library says which packages import one from outside. Below its path everything belongs to it that has no row of its own.
type library struct {
	path  string
	in    []string // packages, as in an arrow
	tests []string // packages whose tests may import it besides
	why   string
}

// libraries holds all of them: one that is not here is a design decision that nobody has taken yet.
var libraries = []library{
	{"github.com/uptrace/bun", []string{"auth/accounts/internal/data", "store", "store/driver", "store/internal/core", "store/internal/value", "store/migrate", "store/postgres", "store/schema", "store/sqlite", "api/apitest", "internal/testkit/apptest", "examples/...", "tests/repository/onelist"}, []string{"./..."}, "models are written with its tags; statements are compiled by store"},
	{"github.com/uptrace/bun/dialect/pgdialect", []string{"store/postgres"}, nil, "belongs to its engine"},
	{"github.com/uptrace/bun/dialect/sqlitedialect", []string{"store/sqlite"}, nil, "belongs to its engine"},
	{"github.com/jackc/pgx/v5", []string{"store/postgres", "store/storetest/pgtest"}, []string{"store/..."}, "one driver in one leaf"},
	{"github.com/jackc/puddle/v2", []string{"store/postgres"}, nil, "the error of a closed pool, which pgxpool does not wrap"},
	{"modernc.org/sqlite", []string{"store/sqlite"}, []string{"internal/fulltext", "store/..."}, "seven megabytes for those who use SQLite only"},
	{"github.com/go-jose/go-jose/v4", []string{"auth/jwt"}, nil, "cryptography has one door"},
	{"golang.org/x/crypto", []string{"auth/password"}, nil, "argon2 and bcrypt are for passwords"},
	{"golang.org/x/crypto/acme", []string{"internal/server"}, nil, "certificates for a server without a proxy in front, in the package that listens"},
	{"golang.org/x/net", nil, []string{"tests/resilience/server"}, "a name server for the authority that tests ask for certificates"},
	{"golang.org/x/text", []string{"api/mail", "auth/accounts/internal/data", "auth/password", "examples/internal/web"}, nil, "passwords and addresses are compared in normalization form C; the language of a mail or page is the next best for its reader"},
	{"github.com/wneessen/go-mail", []string{"api/mail"}, nil, "MIME and SMTP, in one leaf"},
	{"github.com/emersion/go-smtp", nil, []string{"api/mail", "examples/contact"}, "the server that mail is sent to in tests"},
	{"github.com/emersion/go-sasl", nil, []string{"api/mail"}, "what that server asks of a client"},
	{"github.com/maypok86/otter/v2", []string{"cache/memory"}, nil, "decides what is forgotten first"},
	{"github.com/redis/rueidis", []string{"cache/redis"}, nil, "one client in one leaf"},
	{"rsc.io/qr", []string{"auth/totp"}, nil, "draws what authenticator apps read"},
	{"github.com/coreos/go-oidc/v3", []string{"auth/oidc"}, nil, "discovery and the rules of ID tokens, in one leaf"},
	{"golang.org/x/oauth2", []string{"auth/oidc"}, nil, "the code flow, in one leaf"},
	{"github.com/go-webauthn/webauthn", []string{"auth/passkey"}, nil, "a tree with parsers for TPM and Android that only passkeys pay for"},
	{"github.com/netresearch/go-cron", []string{"store/jobs/internal/cron"}, nil, "parses cron expressions, in one leaf; schedules are our own"},
	{"github.com/coder/websocket", []string{"api/realtime"}, []string{"tests/resilience/live"}, "sockets, in one leaf"},
	{"github.com/go-playground/validator/v10", []string{"store/validate"}, nil, "validation is replaceable"},
	{"github.com/go-playground/locales", []string{"examples/internal/web"}, nil, "numbers and times of pages in the reader's locale, which validator brings anyway"},
	{"github.com/anishathalye/porcupine", nil, []string{"examples/bank", "tests/resilience/faults"}, "judges histories of concurrent clients"},
	{"github.com/klauspost/compress", []string{"middleware/compress"}, nil, "gzip and zstd, which the standard library has not, or slower"},
	{"github.com/rs/cors", []string{"middleware/cors"}, nil, "the protocol of the Fetch standard; what may be allowed is decided by the leaf"},
	{"github.com/prometheus", []string{"middleware/prometheus"}, nil, "one of several ways to see figures, in one leaf"},
	{"go.opentelemetry.io/otel", []string{"middleware/otel"}, nil, "the API of tracing, in one leaf; the SDK and exporters are for its tests only"},
	{"go.opentelemetry.io/otel/sdk", nil, []string{"middleware/otel"}, "records what the leaf's tests look at: programs choose their own"},
	{"go.opentelemetry.io/otel/exporters", nil, []string{"middleware/otel"}, "sends spans to the collector of the leaf's tests"},
	{"go.opentelemetry.io/proto/otlp", nil, []string{"middleware/otel"}, "what that collector is sent"},
	{"google.golang.org/protobuf", nil, []string{"middleware/otel"}, "reads what that collector is sent"},
	{"go.uber.org/goleak", []string{"internal/testkit/leaktest"}, []string{"./..."}, "finds goroutines that tests leave behind"},
	{"github.com/go-chi/chi/v5", []string{".", "internal/chain", "examples/..."}, []string{"api/...", "tests/resilience/server", "tests/security/application"}, "api mounts under any router; only an application has one"},
}

// pkg is the part of `go list -json` that the rules look at.
type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	Deps                               []string // all that non-test code reaches
}

func TestImportArrows(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		report(t, checkArrows(p))
		report(t, checkLibraries(p))
		report(t, checkTestKits(p))
		report(t, checkLeaks(p))
	}
}

// TestDesignNamesPackages wants every package in the table of docs/design.md.
func TestDesignNamesPackages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Packages and arrows")
	table, _, _ = strings.Cut(table, "\n## ")
	table = expandBraces(table)
	for _, a := range arrows {
		name := strings.TrimSuffix(a.from, "/...")
		if name == "." || name == "examples" || strings.HasSuffix(name, "/internal") {
			continue
		}
		if !strings.Contains(table, "`"+name+"`") && !strings.Contains(table, "`"+name+"/") {
			t.Errorf("docs/design.md has no row for %s", name)
		}
	}
}

// expandBraces writes `x/{a,b}` as `x/a` and `x/b`.
func expandBraces(text string) string {
	return regexp.MustCompile("`([a-z/]+/)\\{([a-z,]+)\\}`").ReplaceAllStringFunc(text, func(group string) string {
		folder, names, _ := strings.Cut(strings.Trim(group, "`}"), "{")
		return "`" + folder + strings.ReplaceAll(names, ",", "`, `"+folder) + "`"
	})
}

// checkArrows compares what a package imports of this module with its row.
func checkArrows(p pkg) (wrong []string) {
	from := relative(p.ImportPath)
	row := slices.IndexFunc(arrows, func(a arrow) bool { return matches(a.from, from) })
	if row < 0 {
		return []string{from + " has no row in arrows: say what it may import, and why"}
	}
	for _, path := range p.Imports {
		if ours(path) && !matchesAny(arrows[row].to, relative(path)) {
			wrong = append(wrong, fmt.Sprintf("%s must not import %s: %s", from, relative(path), arrows[row].why))
		}
	}
	return wrong
}

// checkLibraries finds imports from outside in packages that are not the library's.
func checkLibraries(p pkg) (wrong []string) {
	from := relative(p.ImportPath)
	check := func(path string, inTest bool) {
		if ours(path) || standard(path) {
			return
		}
		l, known := libraryOf(path)
		switch {
		case !known:
			wrong = append(wrong, fmt.Sprintf("%s imports %s, which has no row in libraries: a dependency is a design decision", from, path))
		case matchesAny(l.in, from), inTest && matchesAny(l.tests, from):
		default:
			wrong = append(wrong, fmt.Sprintf("%s must not import %s: %s", from, path, l.why))
		}
	}
	for _, path := range p.Imports {
		check(path, false)
	}
	for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
		check(path, true)
	}
	return wrong
}

// checkTestKits finds test kits, and testing itself, in what users would link.
func checkTestKits(p pkg) (wrong []string) {
	if isTestKit(p.ImportPath) {
		return nil
	}
	for _, path := range p.Deps {
		if path == "testing" || ours(path) && isTestKit(path) {
			wrong = append(wrong, fmt.Sprintf("%s reaches %s, which is for tests: it would ship in users' programs", relative(p.ImportPath), path))
		}
	}
	return wrong
}

// isTestKit reports whether a package of this module is for tests only.
func isTestKit(path string) bool {
	name := relative(path)
	return strings.HasSuffix(name, "test") || strings.HasPrefix(name, "internal/testkit/") || strings.HasPrefix(name, "tests/")
}

// checkLeaks finds tests that nobody asks about the goroutines they leave behind.
func checkLeaks(p pkg) (wrong []string) {
	imported := slices.Concat(p.TestImports, p.XTestImports)
	if len(imported) == 0 || slices.Contains(imported, "go.uber.org/goleak") || slices.Contains(imported, module+"/internal/testkit/leaktest") {
		return nil
	}
	return []string{relative(p.ImportPath) + " has tests and no TestMain that looks for goroutines they leave behind"}
}

// TestImportRulesCanFail shows each rule a package that breaks it.
func TestImportRulesCanFail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		pkg   pkg
		check func(pkg) []string
		wrong int
	}{
		{"Allowed", pkg{ImportPath: "api", Imports: []string{module + "/store", module + "/api/internal/pgrst", "net/http"}}, checkArrows, 0},
		{"DriverInAPI", pkg{ImportPath: "api", Imports: []string{module + "/store/sqlite", module + "/auth/jwt"}}, checkArrows, 2},
		{"RootImported", pkg{ImportPath: "store", Imports: []string{module}}, checkArrows, 1},
		{"UnknownPackage", pkg{ImportPath: "util"}, checkArrows, 1},
		{"OwnedLibrary", pkg{ImportPath: "store/postgres", Imports: []string{"github.com/jackc/pgx/v5/pgconn"}}, checkLibraries, 0},
		{"DialectIsNotBun", pkg{ImportPath: "store", Imports: []string{"github.com/uptrace/bun", "github.com/uptrace/bun/dialect/pgdialect"}}, checkLibraries, 1},
		{"NameBeginsAlike", pkg{ImportPath: "store", Imports: []string{"github.com/uptrace/bunny"}}, checkLibraries, 1},
		{"OnlyInTests", pkg{ImportPath: "api", Imports: []string{"github.com/go-chi/chi/v5"}, XTestImports: []string{"github.com/go-chi/chi/v5"}}, checkLibraries, 1},
		{"NotEvenInTests", pkg{ImportPath: "auth", TestImports: []string{"github.com/go-jose/go-jose/v4"}}, checkLibraries, 1},
		{"KitLinked", pkg{ImportPath: "api", Deps: []string{"testing", module + "/store/storetest", "net/http"}}, checkTestKits, 2},
		{"NoTests", pkg{ImportPath: "internal/bounds"}, checkLeaks, 0},
		{"LeaksLookedFor", pkg{ImportPath: "cache", XTestImports: []string{"testing", "go.uber.org/goleak"}}, checkLeaks, 0},
		{"LeaksLookedForByKit", pkg{ImportPath: "api", TestImports: []string{module + "/internal/testkit/leaktest"}}, checkLeaks, 0},
		{"NobodyLooksForLeaks", pkg{ImportPath: "cache", TestImports: []string{"testing"}}, checkLeaks, 1},
		{"KitOfKit", pkg{ImportPath: "api/apitest", Deps: []string{"testing", module + "/store/storetest"}}, checkTestKits, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.pkg.ImportPath = module + "/" + tt.pkg.ImportPath
			if got := tt.check(tt.pkg); len(got) != tt.wrong {
				t.Errorf("got %d findings, want %d: %q", len(got), tt.wrong, got)
			}
		})
	}
}

// packages lists the module once for all tests.
func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := listing()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var listing = sync.OnceValues(func() ([]pkg, error) {
	// The result of a test is cached by what the test itself looked at, not by what go list did.
	if err := lookAtFolders(); err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports,Deps", "./...").Output()
	if err != nil {
		return nil, commandError(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func lookAtFolders() error {
	return filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err == nil && entry.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "node_modules") {
			return filepath.SkipDir
		}
		return err
	})
}

// commandError adds what a command wrote to why it failed.
func commandError(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}

func report(t *testing.T, findings []string) {
	t.Helper()
	for _, finding := range findings {
		t.Error(finding)
	}
}

// libraryOf returns the row that an import path belongs to, the longest where several hold it.
func libraryOf(path string) (found library, known bool) {
	for _, l := range libraries {
		if within(l.path, path) && len(l.path) > len(found.path) {
			found, known = l, true
		}
	}
	return found, known
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

func matches(pattern, name string) bool {
	tree, all := strings.CutSuffix(pattern, "/...")
	return pattern == name || all && (tree == "." || within(tree, name))
}

// within reports that a path is root or below it.
func within(root, path string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

func ours(path string) bool { return within(module, path) }

// relative turns an import path of this module into the name the tables use.
func relative(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// standard reports a package of the standard library: its path has no domain.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
