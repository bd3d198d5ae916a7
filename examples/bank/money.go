package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
)

// decimal writes an integer with a number of decimals, in the form of programs: -12.50.
func decimal(n int64, decimals int) string {
	if decimals == 0 {
		return strconv.FormatInt(n, 10)
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// parseMoney reads an amount as customers write it, in cents. A comma or a point is the decimal
// separator if at most two digits follow it. All others, and spaces, separate groups of three
// digits: 1,234.50 and 1.234,50 and 1 234,5 are the same. An amount with three decimals, such
// as 0.125, is not read as one with groups.
func parseMoney(text string) (cents int64, ok bool) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "€", ""))
	whole, fraction := text, ""
	if i := strings.LastIndexAny(text, ".,"); i >= 0 && len(text)-i <= 3 {
		whole, fraction = text[:i], text[i+1:]
	}
	groups := strings.Split(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(".,'’", r) {
			return ' '
		}
		return r
	}, whole), " ")
	for i, g := range groups {
		if i > 0 && len(g) != 3 || len(groups) > 1 && (len(groups[0]) > 3 || strings.HasPrefix(groups[0]+"0", "0")) {
			return 0, false
		}
	}
	digits := strings.Join(groups, "") + (fraction + "00")[:2]
	if len(digits) < 3 && fraction == "" || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	cents, err := strconv.ParseInt(digits, 10, 64)
	return cents, err == nil
}

// readMoney reads a field with an amount, in cents. The example of its error is in the locale of
// the reader.
func readMoney(r *http.Request, form *web.Form, name string) int64 {
	cents, ok := parseMoney(form.Value(name))
	if !ok {
		form.Fail(name, "Write an amount such as "+web.LocaleOf(r).Money(12_50, "EUR")+".")
	}
	return cents
}

// groups writes the number of an account in groups of four, as people read it.
func groups(number string) string {
	var out []string
	for ; len(number) > 4; number = number[4:] {
		out = append(out, number[:4])
	}
	return strings.Join(append(out, number), " ")
}

// Grouped returns the number as people read it.
func (a *Account) Grouped() string { return groups(a.Number) }

// Grouped returns the number of the payee as people read it.
func (p *Payee) Grouped() string { return groups(p.Number) }

// Grouped returns the number of the other account as people read it.
func (e *Entry) Grouped() string { return groups(e.OtherNumber) }

// Size returns the amount without its sign.
func (e *Entry) Size() int64 { return max(e.Amount, -e.Amount) }
