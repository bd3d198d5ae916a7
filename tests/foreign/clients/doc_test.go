package clients_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// block is a fenced block of a page.
type block struct{ language, text string }

var fenced = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

func readBlocks(t *testing.T, file string) (out []block) {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fenced.FindAllStringSubmatch(string(page), -1) {
		out = append(out, block{m[1], m[2]})
	}
	return out
}

// TestAccountsPage runs the commands of docs/accounts.md against the quickstart, and
// compares what the last one of each block prints with the answer that stands below.
func TestAccountsPage(t *testing.T) {
	t.Parallel()
	watchSources(t)
	requirements(t)
	blocks := readBlocks(t, "../../../docs/accounts.md")
	binary := build(t, "quickstart")
	for engine, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { t.Helper(); return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			secret := auth.NewSecretKey()
			out := filepath.Join(t.TempDir(), "out")
			s := startTo(t, binary, out, "PLINTH_DATABASE_URL="+database(t), "PLINTH_INSECURE_DEVELOPMENT=1", "PLINTH_SECRET_KEYS="+secret)
			r := &reader{server: s, secret: secret, printed: out, state: filepath.Join(t.TempDir(), "state")}
			r.runShell(t, blocks)
			r.runScript(t, blocks)
		})
	}
}

// reader does what a reader of the page does.
type reader struct {
	server
	secret  string
	printed string // the file with what the server prints
	state   string // the file with the variables of the shell
	read    int    // digits of mails and messages that were typed
}

// runShell runs the blocks for a shell as one session.
func (r *reader) runShell(t *testing.T, blocks []block) {
	t.Helper()
	ran := 0
	for i, b := range blocks {
		if b.language != "sh" {
			continue
		}
		ran++
		text := r.address(b.text)
		var input string
		if strings.Contains(text, "digits of the mail") || strings.Contains(text, "digits of the message") {
			input = r.digits(t)
		}
		if strings.Contains(text, "digits of the app") {
			before, after, _ := strings.Cut(text, "read -r code")
			r.shell(t, before, "")
			text, input = "read -r code"+after, r.code(t)
		}
		got := r.shell(t, text, input)
		if i+1 < len(blocks) && blocks[i+1].language == "json" {
			if want := strings.TrimSpace(blocks[i+1].text); !matches(want, got) {
				t.Errorf("%s\nprints\n%s\nwant\n%s", b.text, got, want)
			}
		}
	}
	if ran < 10 {
		t.Errorf("%d blocks were run", ran)
	}
}

// address puts what the server has printed in the place of what the page has.
func (r *reader) address(text string) string {
	return strings.NewReplacer("http://127.0.0.1:8090", r.url, "sb_publishable_...", r.publishable, "sb_secret_...", r.secret).Replace(text)
}

// shell runs commands with the variables and functions that those before have left,
// and returns the last line they print.
func (r *reader) shell(t *testing.T, text, input string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	script := fmt.Sprintf("set -e\n[ ! -e %[1]q ] || . %[1]q\n%[2]s\n{ declare -f; for v in url key token refresh session factor secret challenge user id; do [ -z \"${!v+x}\" ] || declare -p $v; done; } > %[1]q\n", r.state, text)
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Stdin = strings.NewReader(input + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s\n%v: %s", text, err, stderr.String())
	}
	lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(string(out)), "}{", "}\n{"), "\n")
	return lines[len(lines)-1]
}

var printedDigits = regexp.MustCompile(`(?m)^(?:mail|sms): .* code (\d{6})`)

// digits returns those of the next mail or message.
func (r *reader) digits(t *testing.T) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(r.printed)
		if err != nil {
			t.Fatal(err)
		}
		if all := printedDigits.FindAllSubmatch(text, -1); len(all) > r.read {
			r.read++
			return string(all[r.read-1][1])
		}
	}
	t.Fatal("no mail or message has come")
	return ""
}

// code returns what the authenticator app shows for the secret of the shell.
func (r *reader) code(t *testing.T) string {
	t.Helper()
	text := r.shell(t, `echo "$secret"`, "")
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return totp.Code(secret, totp.Step(time.Now()))
}

// runScript runs the blocks for supabase-js as one module.
func (r *reader) runScript(t *testing.T, blocks []block) {
	t.Helper()
	var module strings.Builder
	for _, b := range blocks {
		if b.language == "js" {
			module.WriteString(r.address(b.text))
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "page.mjs")
	cmd.Env = append(os.Environ(), "PAGE="+module.String(), "PRINTED="+r.printed)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("node page.mjs: %v\n%s", err, out)
	}
}

// matches compares a text with one in which … stands for anything.
func matches(want, got string) bool {
	parts := strings.Split(want, "…")
	if len(parts) == 1 {
		return got == want
	}
	rest, ok := strings.CutPrefix(got, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if ok {
			_, rest, ok = strings.Cut(rest, part)
		}
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
