package store_test

import (
	"strings"
	"testing"
)

// hostileParts are texts that mean something to SQL, to a driver, to JSON, to a
// pattern or to a terminal.
var hostileParts = []string{
	"", " ", "'", "''", `"`, "`", `\`, `\\`, `\'`, `\"`, ";", "--", "-- ", "/*", "*/", "/**/", "#", "$1", "$0", "$99999", "$tag$", "$$", "?", "?1", "??",
	":x", "@x", "@@version", "%", "_", "%%", `\%`, `\_`, "%s%n", "{}", "[]", "{a,b}", "{NULL}", "null", "NULL", "true", "nan", "infinity", "-0", "1e999",
	"0x41", "()", "(((((", ")", "*", "+", "?:", "(?i)a", "(?<n>a)", "[[:alpha:]]", "[a", "a{1,2}", "a{9999}", "^$", ".*", "^.$", "^a.b$", "a\nb", `\d`, `\m`, "(a+)+$",
	"\n", "\r\n", "\t", "\v", "\b", "\x01", "\x1b[31m", "\x7f", "\u0085", "\u00a0", "\u2028", "\u2029", "\u200b", "\u202e", "\ufeff", "\ufffd", "\uffff",
	"é", "e\u0301", "É", "ß", "ẞ", "Σ", "ς", "ı", "ǅ", "Ω", "Å", "東京", "שלום", "مرحبا", "😀", "👨‍👩‍👧", "\U0010ffff",
	"\x00", "a\x00b", "\xff", "\xc3\x28", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80",
	"select", "or", "not", "id", "secret", "*,secret", "id,text", "text.secret", "pg_sleep(9)", "sqlite_master", "count()", "id::int",
}

// hostileFrames are what stands around a part.
var hostileFrames = []string{"@", "' or '1'='1@", "'; drop table hostile; --@", "x'||@||'y", `{"a":"@"}`}

// longTexts is the number of texts of 64 KiB at the end of the corpus.
const longTexts = 6

// hostileCorpus returns over 500 texts, each once.
func hostileCorpus(t *testing.T) []string {
	t.Helper()
	seen := map[string]bool{}
	var corpus []string
	add := func(s string) {
		if !seen[s] {
			seen[s] = true
			corpus = append(corpus, s)
		}
	}
	for _, frame := range hostileFrames {
		for _, part := range hostileParts {
			add(strings.Replace(frame, "@", part, 1))
		}
	}
	for _, part := range [longTexts]string{"a", "'", "%", "(", "é", `\`} {
		add(strings.Repeat(part, 64<<10/len(part)))
	}
	if len(corpus) < 500 {
		t.Fatalf("the corpus has %d texts", len(corpus))
	}
	return corpus
}
