package apitest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// Matrix has the callers and the rows that [Policy] tries.
type Matrix struct {
	// Open returns the handler of a fresh application that holds the rows.
	// Writes are tried for real; one that goes through is undone by throwing
	// the application away, so Open is called again after each of them. A
	// database from storetest.New takes milliseconds.
	Open func(testing.TB) http.Handler

	// Undo, if it is set, undoes a write that went through, so that the application of Open
	// stays: storetest.Snapshot returns such a function.
	//
	// Defaults to calling Open again.
	Undo func(testing.TB)

	// Callers are the columns of the table.
	Callers []Caller

	// Rows are the rows of the table.
	Rows []Row

	// Golden is the file the table is compared with.
	//
	// Defaults to testdata/<name of the test>.policy.
	Golden string
}

// Caller is a named principal that sends requests.
type Caller struct {
	Name      string
	Principal auth.Principal
}

// Row is a row of a resource, or the idea of a new one, and what to try with it.
// What is left out is not tried and prints as a dash.
type Row struct {
	Name string

	// Path is where the row is: "/notes/1", or for tables without such a path
	// a filter that selects one row: "/seats?hall=eq.1&number=eq.7". Reading
	// and deleting is tried with it.
	Path string

	// Create is a body to be sent to Collection: a new row.
	Create, Collection string

	// Update is a body to be sent to Path: a change of the row.
	Update string

	// Keep says not to try to delete the row.
	Keep bool
}

// Policy tries every operation of every caller on every row and compares the table of
// results with the golden file. A capital letter means that the caller may create, read,
// update or delete the row.
//
// The test fails if the table differs. It also fails if a response is neither a success
// nor a refusal, which means that the attempt is invalid: its body is rejected for every
// caller, or the row does not exist. With the environment variable PLINTH_TEST_UPDATE=1
// Policy writes the file instead of comparing it.
func Policy(t *testing.T, m Matrix) {
	t.Helper()
	if m.Golden == "" {
		m.Golden = filepath.Join("testdata", strings.ReplaceAll(t.Name(), "/", "_")+".policy")
	}
	p := prober{t: t, matrix: m}
	got := p.table()
	if t.Failed() {
		t.Logf("the table so far:\n%s", got)
		return
	}
	if os.Getenv("PLINTH_TEST_UPDATE") == "1" {
		if err := os.MkdirAll(filepath.Dir(m.Golden), 0o755); err != nil { // a folder of the repository
			t.Fatalf("apitest: %v", err)
		}
		if err := os.WriteFile(m.Golden, []byte(got), 0o644); err != nil { // a file of the repository
			t.Fatalf("apitest: %v", err)
		}
		return
	}
	want, err := os.ReadFile(m.Golden)
	if err != nil {
		t.Fatalf("apitest: %v; PLINTH_TEST_UPDATE=1 writes the file with\n%s", err, got)
	}
	if got != string(want) {
		t.Errorf("the rules have changed, see %s\n%s", m.Golden, difference(string(want), got))
	}
}

// difference shows the lines that only one of two tables has.
func difference(want, got string) string {
	var b strings.Builder
	only := func(mark, table, other string) {
		for line := range strings.Lines(table) {
			if !strings.Contains("\n"+other, "\n"+line) {
				b.WriteString(mark + line)
			}
		}
	}
	only("- ", want, got)
	only("+ ", got, want)
	return b.String()
}
