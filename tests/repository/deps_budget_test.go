package repository_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// budgets name every module that a program gets by importing one package, this one left out. A longer list is a price that each
// user pays, so it is paid knowingly.
var budgets = []struct {
	importing string
	modules   []string
}{
	{"api/mail", []string{"github.com/wneessen/go-mail", "golang.org/x/crypto", "golang.org/x/text"}},
	{"auth", nil},
	{"auth/jwt", []string{"github.com/go-jose/go-jose/v4"}},
	{"auth/oidc", []string{"github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4", "golang.org/x/oauth2"}},
	{"auth/passkey", []string{
		"github.com/fxamacker/cbor/v2",
		"github.com/go-viper/mapstructure/v2",
		"github.com/go-webauthn/webauthn",
		"github.com/go-webauthn/x",
		"github.com/golang-jwt/jwt/v5",
		"github.com/google/go-tpm",
		"github.com/google/uuid",
		"github.com/philhofer/fwd",
		"github.com/tinylib/msgp",
		"github.com/x448/float16",
		"golang.org/x/crypto",
		"golang.org/x/sys",
	}},
	{"middleware", nil},
	{"middleware/compress", []string{"github.com/klauspost/compress"}},
	{"middleware/otel", []string{
		"github.com/cespare/xxhash/v2",
		"github.com/jinzhu/inflection",
		"github.com/puzpuzpuz/xsync/v3",
		"github.com/tmthrgd/go-hex",
		"github.com/uptrace/bun",
		"github.com/vmihailenco/msgpack/v5",
		"github.com/vmihailenco/tagparser/v2",
		"go.opentelemetry.io/otel",
		"go.opentelemetry.io/otel/trace",
		"golang.org/x/sys",
	}},
	{"middleware/prometheus", []string{
		"github.com/beorn7/perks",
		"github.com/cespare/xxhash/v2",
		"github.com/jinzhu/inflection",
		"github.com/munnerz/goautoneg",
		"github.com/netresearch/go-cron",
		"github.com/prometheus/client_golang",
		"github.com/prometheus/client_model",
		"github.com/prometheus/common",
		"github.com/prometheus/procfs",
		"github.com/puzpuzpuz/xsync/v3",
		"github.com/tmthrgd/go-hex",
		"github.com/uptrace/bun",
		"github.com/vmihailenco/msgpack/v5",
		"github.com/vmihailenco/tagparser/v2",
		"golang.org/x/sys",
		"google.golang.org/protobuf",
	}},
	{"middleware/cors", []string{"github.com/rs/cors"}},
	{"cache", nil},
	{"cache/redis", []string{"github.com/maypok86/otter/v2", "github.com/redis/rueidis", "golang.org/x/sys"}},
	{"store", []string{
		"github.com/jinzhu/inflection",
		"github.com/puzpuzpuz/xsync/v3",
		"github.com/tmthrgd/go-hex",
		"github.com/uptrace/bun",
		"github.com/vmihailenco/msgpack/v5",
		"github.com/vmihailenco/tagparser/v2",
		"golang.org/x/sys",
	}},
}

func TestImporterBudget(t *testing.T) {
	t.Parallel()
	for _, tt := range budgets {
		t.Run(tt.importing, func(t *testing.T) {
			t.Parallel()
			got := requiredBy(t, tt.importing)
			if !slices.Equal(got, tt.modules) {
				t.Errorf("importing %s requires\n\t%s\nwant\n\t%s", tt.importing, strings.Join(got, "\n\t"), strings.Join(tt.modules, "\n\t"))
			}
		})
	}
}

// TestNoDocker: a program that imports Plinth gets no module of Docker's client, not even a line of go.sum for the tests of
// Plinth's packages.
func TestNoDocker(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"go.mod", "go.sum"} {
		for line := range strings.Lines(read(t, name)) {
			if strings.Contains(line, "docker") || strings.Contains(line, "containerd") || strings.Contains(line, "opencontainers") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// TestLibcIsSQLites keeps modernc.org/libc at the release its SQLite was translated with: another one may crash it.
func TestLibcIsSQLites(t *testing.T) {
	t.Parallel()
	const libc, sqlite = "modernc.org/libc", "modernc.org/sqlite"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}} {{.GoMod}}", libc, sqlite).Output()
	if err != nil {
		t.Fatal(commandError(err))
	}
	fields := strings.Fields(string(out))
	if len(fields) != 4 {
		t.Fatalf("go list says %q", out)
	}
	ours, theirs := fields[0], requirements(t, fields[3])[libc]
	if theirs == "" || ours != theirs {
		t.Errorf("go.mod has %s %s, %s needs %q", libc, ours, sqlite, theirs)
	}
}

// requiredBy tidies a new module whose program imports one package of this one and returns what its go.mod requires besides it.
func requiredBy(t *testing.T, importing string) []string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  fmt.Sprintf("module importer\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, root),
		"go.sum":  string(sums),
		"main.go": fmt.Sprintf("package main\n\nimport _ %q\n\nfunc main() {}\n", module+"/"+importing),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tidy(t, dir)
	required := requirements(t, filepath.Join(dir, "go.mod"))
	delete(required, module)
	var names []string
	for name := range required {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// tidy works without the network where the module cache suffices, as it does once the tests of this module were built.
func tidy(t *testing.T, dir string) {
	t.Helper()
	var failures []error
	for _, proxy := range []string{"GOPROXY=off", "GOPROXY=" + os.Getenv("GOPROXY")} {
		cmd := exec.CommandContext(t.Context(), "go", "mod", "tidy")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", proxy)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return
		}
		failures = append(failures, fmt.Errorf("go mod tidy with %s: %w: %s", proxy, err, out))
	}
	t.Fatal(errors.Join(failures...))
}

// requirements reads the module versions that a go.mod requires.
func requirements(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	required := map[string]string{}
	inside := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 2 && fields[0] == "require" && fields[1] == "(":
			inside = true
		case len(fields) == 1 && fields[0] == ")":
			inside = false
		case len(fields) >= 3 && fields[0] == "require":
			required[fields[1]] = fields[2]
		case inside && len(fields) >= 2:
			required[fields[0]] = fields[1]
		}
	}
	return required
}
