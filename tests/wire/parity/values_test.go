package parity_test

import (
	"github.com/seed-7694ebf6/plinth/store"
)

// values are the values of a kind as texts: what rows hold and what requests
// compare them with. Texts are of text columns, JSON of all others.
func values(kind store.Kind) []string {
	switch kind {
	case store.KindText:
		return texts
	case store.KindBool:
		return []string{"true", "false"}
	case store.KindInt:
		return integers
	case store.KindFloat:
		return floats
	case store.KindDecimal:
		return decimals
	case store.KindTimestamp:
		return timestamps
	case store.KindDate:
		return dates
	case store.KindUUID:
		return uuids
	case store.KindBytes:
		return []string{`\x`, `\x00`, `\x0a0d`, `\xdeadbeef`, `\xff`, `\x41`}
	case store.KindJSON:
		return documents
	case store.KindTextArray:
		return arrays
	}
	return nil
}

var (
	texts = []string{
		"", "a", "A", "b", "B", "Ab", "abc", "aBc", "Emma", "EMMA street", "straße", "STRASSE", "ß", "ẞ", "İ", "i\u0307", "ı", "I", "i",
		"ς", "σ", "Σ", "ΟΔΟΣ", "οδος", "é", "É", "e\u0301", "Čapek", "čapek", "ǅ", "ǆ", "\u212a", "k", "ﬁ", "fi", "\u2126", "ω",
		"東京", "東", "😀", "👩\u200d👩\u200d👧", `"q"`, `b\s`, "50%", "a_b", "a*b", "a,b", "(x)", "{y}", "[z]", " lead", "tail ", "a b  c",
		"line\nbreak", "tab\t", "\u2028", "<&>", "null", "true", "a.b:c", "\u007f", "\u0001", "\u00a0", "\uffff", "\U0010ffff", "-", "'", "''", ";", "--", "$1", "?", "\\", "\u0131\u0307",
	}
	integers   = []string{"-9223372036854775808", "-9007199254740993", "-7", "-1", "0", "1", "2", "3", "10", "100", "9007199254740991", "9007199254740993", "9223372036854775807"}
	floats     = []string{"-1.7976931348623157e+308", "-2.5", "-1e-7", "0", "5e-324", "2.2250738585072014e-308", "1e-7", "0.000001", "0.1", "0.30000000000000004", "1", "3", "1e15", "1e16", "123456789012345680", "1e20", "1e21", "1e22", "1.7976931348623157e+308"}
	decimals   = []string{"-10.50", "-0.001", "0", "0.00", "1", "1.0", "1.00", "1.5", "1.50", "2.675", "10", "100", "1234567.89", "99999999999999999999.1", "0.000000000000000000000000000001", "123456789012345678901234567890"}
	timestamps = []string{
		"0001-01-01T00:00:00Z", "1582-10-10T00:00:00Z", "1899-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.5Z",
		"2024-02-29T12:00:00.000001Z", "2024-02-29T12:00:00.123456Z", "2024-12-31T23:59:59Z", "2038-01-19T03:14:08Z", "9999-12-31T23:59:59.999999Z",
	}
	dates = []string{"0001-01-01", "0099-12-31", "1582-10-10", "1900-02-28", "1970-01-01", "2000-02-29", "2024-02-29", "2024-03-01", "2038-01-19", "9999-12-31"}
	uuids = []string{
		"00000000-0000-0000-0000-000000000001", "0a000000-0000-4000-8000-000000000000", "7fffffff-ffff-7fff-bfff-ffffffffffff", "80000000-0000-4000-8000-000000000000",
		"a0000000-0000-0000-0000-000000000001", "b0000000-0000-0000-0000-000000000002", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	}
	documents = []string{
		"null", "{}", "[]", "0", "1", "1.0", "1.50", "-1e3", "9007199254740993", `""`, `"text"`, `"ß"`, "true", "false", `{"a":1}`, `{"a":1.0}`, `{"a":null}`, `{"a":"1","b":[1,2]}`,
		`{"a":{"b":{"c":[1,2,{"d":"x"}]}},"k":"ß"}`, `{"a b":"x","size":10,"f":false}`, `[1,"2",null,[3]]`, `["a","b"]`, `[{"a":1},{"a":2}]`, `{"":"empty","A":"upper","a":"lower"}`, `{"a":12345678901234567890.5}`,
		`{"a":"line\nbreak \"q\" \\ 😀"}`, `{"b":true,"a":[]}`,
	}
	arrays = []string{`[]`, `["a"]`, `["a","b"]`, `["b","a"]`, `["a","a"]`, `["ß","東京"]`, `["a,b","\"q\"","\\"]`, `[""]`, `["NULL","{}"]`, `["x","y","z"]`}
)

// spellings are other forms of values, some of which no engine must take: whether
// one is a value is decided in one place, and so alike.
func spellings(kind store.Kind) []string {
	switch kind {
	case store.KindBool:
		return []string{"t", "f", "TRUE", "yes", "on", "1", "0", "tr", "", "2"}
	case store.KindInt:
		return []string{"+1", " 1", "1 ", "01", "-0", "1.0", "1e2", "9223372036854775808", "0x10", "1_000", "", "one", "१"}
	case store.KindFloat:
		return []string{"1e400", "-0", "-0.0", "NaN", "Infinity", ".5", "5.", "1E3", "+1", "0x1p4", "1e-400", "", "1,5"}
	case store.KindDecimal:
		return []string{"1e3", "1e-3", "-0", "-0.00", ".5", "5.", "NaN", "+1", "1e99999", "", "1,5", " 1"}
	case store.KindTimestamp:
		return []string{
			"2024-02-29 12:00:00+02", "2024-02-29T12:00:00", "2024-02-29T12:00:00+14:00", "2024-02-29T12:00:00.1234567Z", "2024-02-29T12:00Z", "2024-02-29", "2023-02-29T00:00:00Z",
			"now", "infinity", "-infinity", "10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "2024-02-29T24:00:00Z", "2024-06-30T23:59:60Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "", "today",
		}
	case store.KindDate:
		return []string{"2024-2-9", "20240229", "2023-02-29", "0000-01-01", "10000-01-01", "infinity", "2024-02-29T00:00:00Z", "today", "", "Feb 29 2024"}
	case store.KindUUID:
		return []string{"A0000000-0000-0000-0000-000000000001", "a0000000000000000000000000000001", "{a0000000-0000-0000-0000-000000000001}", "a0000000-0000-0000-0000-00000000000", "", "me"}
	case store.KindBytes:
		return []string{`\xDEAD`, `\xabc`, `abc`, `\x0`, "", `\xzz`}
	case store.KindJSON:
		return []string{`{"a": 1}`, ` {"a":1} `, `{"b":[1,2],"a":"1"}`, `{a:1}`, `{"a":1,"a":2}`, `[1,]`, "", "nul", `"\ud800"`, `"\u0000"`, `1e400`, `01`, `{"a":1e2}`}
	case store.KindTextArray:
		return []string{"{a,NULL}", "{a", "a", "{{a}}", "{ a , b }", `{"a"b}`, "", "{,}"}
	}
	return []string{"\u0000", strings300}
}

// strings300 is longer than what messages repeat.
const strings300 = "ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß"
