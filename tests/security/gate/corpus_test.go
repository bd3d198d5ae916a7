package gate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// corpus returns 500 strings that have broken other software: alone, and the
// short ones joined by a generator with a fixed seed.
func corpus() []string {
	list := slices.Clone(nasty)
	for c := range rune(0x80) {
		if c > 0 {
			list = append(list, "a"+string(c)+"b")
		}
	}
	list = append(list, strings.Repeat("x", 64<<10), strings.Repeat("'", 1000), strings.Repeat("\U0001F600", 500), strings.Repeat(`\`, 999))
	r := rand.New(rand.NewPCG(27, 0))
	for len(list) < 500 {
		list = append(list, nasty[r.IntN(len(nasty))]+nasty[r.IntN(len(nasty))])
	}
	return list
}

// nasty is quotes, comments, placeholders, casts, escapes, patterns, JSON and
// Unicode.
var nasty = []string{
	"", " ", "  ", "'", "''", "'''", `"`, `""`, "`", `\`, `\\`, `\'`, `\"`, "--", "-- ", "';--", "/*", "*/", "/**/", "#", ";", ";;",
	"' or '1'='1", "' OR 1=1 --", "'; drop table notes; --", `"; drop table notes; --`, "') or ('1'='1", "1; select 1", "1 or 1=1", "x' union select password_hash from users --",
	"$1", "$2", "$$", "$tag$", "$tag$; drop table notes; $tag$", "?", "??", "?1", ":x", ":1", "@x", "@@version", "%s", "%d", "%n", "%00", "%27", "%", "%%", "_", "__", `\_`, `\%`,
	"{}", "[]", "{", "}", "(", ")", "()", "((", "))", "{a,b}", "[1,2]", `{"a":1}`, `{"$ne":""}`, `["x"]`, "null", "NULL", "nil", "undefined", "true", "false", "NaN", "Infinity", "-Infinity", "0", "-0", "1e309", "0x10",
	"a,b", "a.b", "a:b", "a::text", "a->b", "a->>b", "eq.1", "not.eq.1", "in.(1)", "or(a.eq.1)", "=", "==", "!=", "<", ">", "<>", "&", "&&", "|", "||", "^", "~", "!", "*", "**", "a*b", "+", "a+b", "a b",
	"\t", "\n", "\r", "\r\n", "a\nb", "x\n or 1=1", "\v", "\f", "\b", "\x1b[31m", "\x7f", "\u0080", "\u0085", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u200e", "\u202e", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "\ufffe",
	"é", "e\u0301", "ß", "ẞ", "ſ", "\u212a", "İ", "ı", "ŉ", "ﬁ", "Ω", "\u2126", "ά", "Ǆ", "ᾳ", "ς", "中文", "日本語", "한국어", "العربية", "עברית", "\u202eevil", "ไทย", "हिन्दी",
	"\U0001F600", "\U0001F468\u200d\U0001F469\u200d\U0001F467", "\U0001F1E9\U0001F1EA", "\U0010FFFF", "\U00010000", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A", "ŧ", "ﷺ", "𝒜", "\u202e", "İstanbul", "straße", "STRASSE",
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;", "&#39;", "]]>", "<!--", "-->", "{{7*7}}", "${7*7}", "#{7*7}", "%{7*7}", "../../etc/passwd", `..\..\x`, "/dev/null", "con", "C:\\", "file:///etc/passwd",
	"=1+1", "@SUM(1)", "-1+1", "|calc", "a=b&c=d", "?a=b", "#frag", "http://evil.example/", "//evil", "javascript:alert(1)", "\\x00", `\u0000`, `\0`, `\d+`, "[a-z", "(a+)+$", ".*", "^$", "a{1,3}", `\1`, "(?i)a", "(?=a)", `\pL`,
}

// inQuery escapes a string for a query string byte by byte, so that nothing of it
// is grammar of URLs.
func inQuery(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// storable reports whether a string is text: valid UTF-8 without NUL.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
