package attacktest

import (
	"fmt"
	"strings"
)

// Bodies are JSON documents that are expensive to process, by name. Every table
// rejects them, for new rows and for changes of rows.
func Bodies() map[string]string {
	keys := make([]string, 100_000)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	return map[string]string{
		"nested arrays":   strings.Repeat("[", 100_000),
		"closed arrays":   strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"nested objects":  strings.Repeat(`{"title":`, 100_000),
		"nested in value": `{"title":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		"long key":        `{"` + strings.Repeat("k", 1<<20) + `":1}`,
		"long key, fits":  `{"` + strings.Repeat("k", 1<<20-100) + `":1}`,
		"many keys":       "{" + strings.Join(keys, ",") + "}",
		"many keys, fit":  "{" + strings.Join(keys[:80_000], ",") + "}",
		"same key":        "{" + strings.TrimSuffix(strings.Repeat(`"title":"a",`, 80_000), ",") + "}",
		"long number":     `{"amount":` + strings.Repeat("9", 1_000_000) + `}`,
		"long fraction":   `{"rate":0.` + strings.Repeat("9", 1_000_000) + `}`,
		"large exponent":  `{"rate":1e999999}`,
		"small exponent":  `{"amount":1e-999999999}`,
		"many rows":       "[" + strings.TrimSuffix(strings.Repeat(`{},`, 300_000), ",") + "]",
		"escapes":         `{"title":"` + strings.Repeat(`\u0000`, 100_000) + `"}`,
	}
}

// Text is a body of another type than JSON.
type Text struct{ Name, Media, Body string }

const (
	csv  = "text/csv"
	form = "application/x-www-form-urlencoded"
)

// Texts are the same for new rows as CSV and as forms.
func Texts() []Text {
	fields := make([]string, 100_000)
	for i := range fields {
		fields[i] = fmt.Sprintf("k%d", i)
	}
	return []Text{
		{"commas", csv, strings.Repeat(",", 1_000_000)},
		{"commas in a row", csv, "title\n" + strings.Repeat(",", 1_000_000)},
		{"names", csv, strings.Join(fields, ",")},
		{"long name", csv, strings.Repeat("k", 1_000_000)},
		{"rows", csv, "title\n" + strings.Repeat("x\n", 500_000)},
		{"rows of many fields", csv, strings.Join(fields[:1600], ",") + strings.Repeat("\n"+strings.Repeat(",", 1599), 500)},
		{"blank lines", csv, strings.Repeat("\n", 1_000_000)},
		{"quotes", csv, strings.Repeat(`"`, 1_000_000)},
		{"quotes in a row", csv, "amount\n" + strings.Repeat(`"`, 1_000_000)},
		{"line ends in quotes", csv, "title\n\"" + strings.Repeat("\r\n", 500_000)},
		{"line ends in closed quotes", csv, "amount\n\"" + strings.Repeat("\r\n", 500_000) + `"`},
		{"long number", csv, "amount\n" + strings.Repeat("9", 1_000_000)},
		{"large exponent", csv, "rate\n1e999999"},
		{"form", form, strings.Repeat("a&", 500_000)},
		{"fields", form, strings.Join(fields, "&")},
		{"escapes", form, "title=" + strings.Repeat("%00", 300_000)},
		{"long number in a form", form, "amount=" + strings.Repeat("9", 1_000_000)},
	}
}

// AccountBody is a request of the accounts that is refused for the length of something in
// it.
type AccountBody struct {
	Line   string // below the accounts, as "POST /signup"
	Body   string
	Status int
	Code   string // "" where the status says it
}

// AccountBodies are bodies that are longer than accounts read, and such with passwords
// that are longer than any that may be chosen: nothing is hashed for them, whether
// the mail is that of an account or not.
func AccountBodies(mails ...string) (all []AccountBody) {
	const login = "POST /token?grant_type=password"
	long := `{"email":"ann@example.org","password":"` + strings.Repeat("x", 64<<10) + `"`
	for _, line := range []string{login, "POST /signup", "POST /recover", "POST /otp", "POST /verify"} {
		all = append(all, AccountBody{line, long, 413, ""})
	}
	with := func(mail, password string) string { return fmt.Sprintf(`{"email":%q,"password":%q}`, mail, password) }
	all = append(all, AccountBody{"POST /signup", with("bob@example.org", strings.Repeat("x", 1025)), 422, "weak_password"})
	for _, mail := range mails {
		for _, password := range []string{strings.Repeat("x", 1025), strings.Repeat("y", 4097), strings.Repeat("é", 20_000)} {
			all = append(all, AccountBody{login, with(mail, password), 400, "invalid_credentials"})
		}
	}
	return all
}
