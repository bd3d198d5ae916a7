package postgres

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// with returns the URL with a parameter more.
func with(tb testing.TB, address, key, value string) string {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}

func setting(tb testing.TB, d *database, name string) string {
	tb.Helper()
	var value string
	if err := d.sql.QueryRowContext(tb.Context(), "select current_setting('"+name+"')").Scan(&value); err != nil {
		tb.Fatal(err)
	}
	return value
}

func databaseName(tb testing.TB, d *database) string {
	tb.Helper()
	var name string
	if err := d.sql.QueryRowContext(tb.Context(), "select current_database()").Scan(&name); err != nil {
		tb.Fatal(err)
	}
	return name
}

func TestOpenSettings(t *testing.T) {
	t.Parallel()

	address := pgtest.URL(t)
	admin := openURL(t, address, nil)
	if name := setting(t, admin, "application_name"); name != "plinth" {
		t.Errorf("application_name is %q", name)
	}
	// What the database or the role prefers must not matter.
	name := databaseName(t, admin)
	mustExec(t, admin,
		"alter database "+name+" set timezone = 'Asia/Tokyo'",
		"alter database "+name+" set datestyle = 'German'",
		"alter database "+name+" set standard_conforming_strings = off")
	tests := []struct {
		url     string
		opts    *Options
		setting string
		want    string
	}{
		{address, nil, "TimeZone", "UTC"},
		{address, nil, "standard_conforming_strings", "on"},
		{address, nil, "DateStyle", "ISO, MDY"},
		{address, nil, "jit", "off"},
		{address, nil, "statement_timeout", "30s"},
		{address, &Options{StatementTimeout: 1500 * time.Millisecond}, "statement_timeout", "1500ms"},
		{address, &Options{StatementTimeout: -1}, "statement_timeout", "0"},
		{with(t, address, "statement_timeout", "7s"), nil, "statement_timeout", "7s"},
		{with(t, address, "application_name", "shop"), nil, "application_name", "shop"},
		{with(t, address, "timezone", "Asia/Tokyo"), nil, "TimeZone", "UTC"},
	}
	for _, tt := range tests {
		if got := setting(t, openURL(t, tt.url, tt.opts), tt.setting); got != tt.want {
			t.Errorf("%s is %q, want %q", tt.setting, got, tt.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()

	address := pgtest.URL(t)
	admin := openURL(t, address, nil)
	latin := databaseName(t, admin) + "_latin"
	mustExec(t, admin, "create database "+latin+" template template0 encoding 'LATIN1' locale 'C'")
	t.Cleanup(func() {
		if _, err := admin.sql.Exec("drop database " + latin + " with (force)"); err != nil {
			t.Error(err)
		}
	})
	inLatin, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	inLatin.Path = "/" + latin

	for _, tt := range []struct {
		name, url, want string
		opts            *Options
	}{
		{"Encoding", inLatin.String(), `server_encoding is "LATIN1", want "UTF8"`, nil},
		{"URL", "postgres://u:hidden@h:port/x", "postgres: open: ", nil},
		{"Conns", address, "negative", &Options{MaxConns: -1}},
		{"Role", "postgres://nobody:hidden@" + inLatin.Host + "/x?sslmode=disable", "postgres: open: ", nil},
	} {
		db, err := Open(t.Context(), tt.url, tt.opts)
		if err == nil {
			t.Errorf("%s: opened %v", tt.name, db.Close())
			continue
		}
		if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.want)
		}
	}
	if _, err := Open(t.Context(), "postgres://127.0.0.1:1/x?sslmode=disable", &Options{OpenTimeout: -1}); !errors.Is(err, driver.ErrUnavailable) {
		t.Errorf("nobody listens: got %v, want %v", err, driver.ErrUnavailable)
	}
}

func TestOpenDoesNotChangeOptions(t *testing.T) {
	t.Parallel()

	opts := Options{MaxConns: 3}
	db, err := Open(t.Context(), pgtest.URL(t), &opts)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // the test ends
	if !reflect.DeepEqual(opts, Options{MaxConns: 3}) {
		t.Errorf("options are now %+v", opts)
	}
}

// TestFold compares the fold of every letter below U+2000 that has a lower case with that of package unicode: later
// ones may be newer than the server's Unicode tables.
func TestFold(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	var letters strings.Builder
	for r := rune(1); r < 0x2000; r++ {
		if unicode.ToLower(r) != r {
			letters.WriteRune(r)
		}
	}
	for _, text := range []string{letters.String(), "ΟΔΟΣ", "İIıi", "ÄÖÜÉÑŽДЯ", "ǅ ß ẞ"} {
		s := &driver.Statement{
			SQL:   "select " + fmt.Sprintf(d.Dialect().Fold, "$1::text") + ` collate "C" = $2`,
			Shape: one(driver.KindBool), Args: []any{text, strings.Map(unicode.ToLower, text)},
		}
		if got := mustQuery(t, d, nil, s); got != `{"v":true}` {
			t.Errorf("under %s: %.20q is not folded as by unicode.ToLower", d.Dialect().Fold, text)
		}
	}
}

// TestFoldExpression tries the expression for databases without a libc collation, which this server may not need.
func TestFoldExpression(t *testing.T) {
	t.Parallel()

	pool, err := sql.Open("pgx", pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close() // the test ends
	icu := foldCandidates[len(foldCandidates)-1]
	var folded string
	if err := pool.QueryRowContext(t.Context(), "select "+fmt.Sprintf(icu, "$1::text"), foldSample).Scan(&folded); err != nil {
		t.Skipf("without ICU: %v", err)
	}
	if folded != foldedSample {
		t.Errorf("ICU folds %q as %q, want %q", foldSample, folded, foldedSample)
	}
}

// TestBunTimes writes a time through Bun that PostgreSQL would round up.
func TestBunTimes(t *testing.T) {
	t.Parallel()

	type event struct {
		bun.BaseModel `bun:"table:events"`
		At            time.Time `bun:"at"`
	}
	d := openTest(t, nil)
	mustExec(t, d, "create table events (at timestamptz)")
	at := time.Date(2026, 11, 20, 9, 28, 22, 123456999, time.FixedZone("", 2*3600))
	if _, err := d.Bun().NewInsert().Model(&event{At: at}).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := mustQuery(t, d, nil, &driver.Statement{SQL: "select at from events", Shape: one(driver.KindTimestamp)})
	if want := `{"v":"2026-11-20T07:28:22.123456+00:00"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var back event
	if err := d.Bun().NewSelect().Model(&back).Where("at = ?", at).Scan(t.Context()); err != nil {
		t.Errorf("Bun does not find what it wrote: %v", err)
	}
}
