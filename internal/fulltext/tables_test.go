package fulltext

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	_ "modernc.org/sqlite" // knows how FTS5 reads text
)

var update = flag.Bool("update", false, "write the tables anew")

// TestTables compares the tables with Unicode 15 and with what SQLite's FTS5
// does. With -update it writes them.
func TestTables(t *testing.T) {
	t.Parallel()
	if unicode.Version != "15.0.0" {
		t.Skipf("the tables are those of Unicode 15, Go has %s", unicode.Version)
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if *update {
		separator := ranges(uniSeparator)
		bare := tokens(t, db, "bare", "unicode61 remove_diacritics 0 categories 'L* M* N*'", unicode.MaxRune)
		unknown := ranges(func(r rune) bool { return uniSeparator(r) && bare[r] != 0 })
		stranger := strange(bare, unicode.MaxRune)
		text := "package fulltext\n\n// Written by go test -run TestTables -update.\nconst (\n\tseparatorRanges = `" + separator +
			"`\n\n\tunknownSeparatorRanges = `" + unknown + "`\n\n\tstrangerRanges = `" + ranges(stranger) + "`\n)\n"
		if err := os.WriteFile("ranges.go", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if isSeparator(r) != uniSeparator(r) {
			t.Fatalf("%U: separator %t, want %t", r, isSeparator(r), uniSeparator(r))
		}
	}
	// Beyond, there are only ideographs and characters for private use.
	const last = 0x1ffff
	have := tokens(t, db, "have", FTS5Tokenizer(), last)
	for r := range have {
		if isSeparator(r) {
			t.Errorf("%U is a separator and FTS5 takes it for a letter", r)
		}
	}
	stranger := strange(have, last)
	for r := rune(0); r <= last; r++ {
		if stranger(r) && !unicode.Is(strangers(), r) {
			t.Errorf("%U: FTS5 does not read it as we do, and no table says so", r)
		}
	}
}

func uniSeparator(r rune) bool {
	return unicode.In(r, unicode.Z, unicode.P, unicode.S, unicode.Cc, unicode.Cf)
}

// strange returns the folded characters that FTS5 does not fold all forms of
// into one. Of i it need not fold İ, which is replaced.
func strange(tokens map[rune]rune, last rune) func(rune) bool {
	forms := map[rune]rune{}
	bad := map[rune]bool{}
	for r := rune(1); r <= last; r++ {
		if uniSeparator(r) || surrogate(r) || r == 'İ' {
			continue
		}
		f := fold(r)
		token := tokens[r]
		if other, ok := forms[f]; token == 0 || ok && other != token {
			bad[f] = true
		}
		forms[f] = token
	}
	return func(r rune) bool { return bad[r] }
}

// tokens returns what FTS5 makes of each character between two letters; those it
// separates at are missing.
func tokens(t *testing.T, db *sql.DB, name, tokenizer string, last rune) map[rune]rune {
	t.Helper()
	exec := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("create virtual table " + name + ` using fts5(words, content='', detail=none, tokenize="` + tokenizer + `")`)
	exec("create virtual table " + name + "_words using fts5vocab(" + name + ", 'row')")
	var b strings.Builder
	for r := rune(1); r <= last; r++ {
		if !surrogate(r) {
			fmt.Fprintf(&b, "%06xx%cy ", r, r)
		}
		if r%5000 == 0 || r == last {
			exec("insert into "+name+" (words) values (?)", b.String())
			b.Reset()
		}
	}
	rows, err := db.Query("select term from " + name + "_words")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[rune]rune{}
	for rows.Next() {
		var term string
		if err := rows.Scan(&term); err != nil {
			t.Fatal(err)
		}
		if len(term) < len("000000xy") {
			continue // a part
		}
		r, err := strconv.ParseUint(term[:6], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		if inside := []rune(strings.TrimSuffix(term[7:], "y")); len(inside) == 1 {
			found[rune(r)] = inside[0]
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func surrogate(r rune) bool { return r >= 0xd800 && r <= 0xdfff }

// ranges writes a set as the tables are written.
func ranges(in func(rune) bool) string {
	var b strings.Builder
	line := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !in(r) {
			continue
		}
		lo := r
		for r < unicode.MaxRune && r != 0xffff && in(r+1) {
			r++
		}
		text := strconv.FormatInt(int64(lo), 16)
		if r > lo {
			text += "-" + strconv.FormatInt(int64(r), 16)
		}
		if line += len(text) + 1; line > 120 || b.Len() == 0 {
			b.WriteString("\n")
			line = len(text) + 1
		} else {
			b.WriteString(" ")
		}
		b.WriteString(text)
	}
	return b.String()
}
