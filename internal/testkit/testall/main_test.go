package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wanted lists the rows of the table, so that none of them goes unnoticed. A-40 has two.
var wanted = []string{
	"gate", "A-1", "A-2", "A-3", "A-4", "A-5", "A-6", "Toll fraud", "A-6 addresses", "A-7", "A-8", "A-9", "A-10", "Links", "Address", "Number",
	"Outbox", "A-11", "A-11 phones", "A-12", "OIDC", "OIDC mail", "Ways in", "Linking", "Foreign tokens", "WebAuthn", "Mail", "Mail flood", "A-9 keys", "Admins",
	"Escalation", "A-9 admins", "Hooks", "At rest", "Audit", "A-13", "A-14", "A-15", "A-16", "A-17", "A-18", "A-19", "A-20", "A-21", "A-22", "A-23",
	"A-24", "A-25", "A-26", "Changes", "Asked rules", "A-27", "A-28", "A-29", "A-30", "A-31", "A-32", "A-33", "A-34", "A-35", "A-36", "A-37", "A-38", "A-40", "A-48", "A-48 CORS",
	"A-50", "A-48 frames", "A-51", "Sockets", "A-51 headers", "Logs", "A-41", "A-42", "A-43", "A-44", "A-45", "A-46", "A-47", "A-49", "BREACH", "A-52",
	"A-53", "A-54", "A-59", "R21", "R17", "R2", "R11, A-39", "A-40", "A-60",
}

func TestTableNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", table))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, id := range wanted {
		rows[id]--
	}
	for _, c := range cases {
		rows[c.id]++
	}
	for id, n := range rows {
		if n < 0 {
			t.Errorf("case %s is not in the table", id)
		}
		if n > 0 {
			t.Errorf("case %s is not in the list of those that must be in the table", id)
		}
	}
	for _, c := range cases {
		for _, test := range c.tests {
			if !exists(t, test) {
				t.Errorf("%s: there is no %s in %s", c.id, test.name, test.folder)
			}
		}
	}
}

// TestEveryRowIsRead: a row that the command does not understand is an error, since its
// tests would be asked for by nobody.
func TestEveryRowIsRead(t *testing.T) {
	t.Parallel()
	const head = "| Case | What holds | Tests |\n|---|---|---|\n"
	for name, tt := range map[string]struct {
		rows string
		want int // cases, -1 is an error
	}{
		"one word":         {"| A-1 | holds | `api.TestOne` |\n", 1},
		"several words":    {"| R11, A-39 | holds | `api.TestOne`, `.TestTwo` |\n", 1},
		"a bar in words":   {"| A-1 | a | b | `api.TestOne` |\n", 1},
		"no test":          {"| A-1 | holds | `api.TestOne` |\n| A-2 | holds | soon |\n", -1},
		"no last cell":     {"| A-1 | holds | `api.TestOne` |\n| A-2 | `api.TestTwo` |\n", -1},
		"a name not read":  {"| A-1 | holds | `api.TestOne`, `API.TestTwo` |\n", -1},
		"a test not named": {"| A-1 | holds | `api.TestOne`, `api.One` |\n", -1},
	} {
		cases, err := parse(head + tt.rows)
		if len(cases) != max(tt.want, 0) || (err != nil) != (tt.want < 0) {
			t.Errorf("%s: %v, %v", name, cases, err)
		}
	}
}

func exists(t *testing.T, wanted test) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", filepath.FromSlash(wanted.folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && strings.Contains(string(text), "\nfunc "+wanted.name+"(t *testing.T)")
	})
}

func TestJudge(t *testing.T) {
	t.Parallel()
	cases := []securityCase{{"A-1", []test{{"api", "TestOne"}}}}
	const one = `{"Package":"github.com/seed-7694ebf6/plinth/api","Test":"TestOne`
	tests := []struct{ name, events, want string }{
		{"passed", one + `","Action":"pass"}`, ""},
		{"not run", `{"Action":"pass","Package":"x","Test":"TestOne"}`, "A-1: TestOne in api: did not run"},
		{"skipped", one + `","Action":"skip"}`, "A-1: TestOne in api: ended with skip"},
		{"failed", one + `","Action":"fail"}`, "A-1: TestOne in api: ended with fail"},
		{"partly skipped", one + `/postgres","Action":"skip"}` + "\n" + one + `","Action":"pass"}`, "A-1: github.com/seed-7694ebf6/plinth/api TestOne/postgres was skipped"},
		{"long form only", one + `","Action":"output","Output":"    one_test.go:7: long form only: set it\n"}` + "\n" + one + `","Action":"skip"}`, ""},
		{"another skipped", one + `More/x","Action":"skip"}` + "\n" + one + `","Action":"pass"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newResults(io.Discard)
			if err := r.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := r.judge(cases); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReadShowsWhatFailed(t *testing.T) {
	t.Parallel()
	const events = `{"Action":"output","Package":"a","Output":"quiet\n"}
{"Action":"pass","Package":"a"}
{"Action":"output","Package":"b","Test":"TestX","Output":"loud\n"}
{"Action":"fail","Package":"b","Test":"TestX"}
{"Action":"fail","Package":"b"}
not JSON
`
	var shown strings.Builder
	if err := newResults(&shown).read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	if got := shown.String(); got != "ok   a\nloud\nnot JSON\n" {
		t.Errorf("shown: %q", got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	const events = `{"Action":"pass","Package":"a","Test":"TestX/one"}
{"Action":"output","Package":"a","Test":"TestX/two","Output":"    x_test.go:12: without redis-server: it is not installed\n"}
{"Action":"skip","Package":"a","Test":"TestX/two"}
{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Test":"TestY","Output":"    y_test.go:3: got 1, want 2\n"}
{"Action":"fail","Package":"a","Test":"TestY"}
{"Action":"pass","Package":"a","Test":"TestZ"}
`
	var shown strings.Builder
	r := newResults(&shown)
	if err := r.read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	r.summarize()
	const want = `
2 tests passed, 1 failed, 1 skipped
  failed:  a TestY
           got 1, want 2
  skipped:    1  without redis-server: it is not installed (such as a TestX/two)
`
	if got := shown.String(); got != want {
		t.Errorf("got %s", got)
	}
}
