package attacktest

import (
	"fmt"
	"net/http"
	"strings"
)

// Query asks for more than a limit allows.
type Query struct {
	Text        string
	Status      int
	Code, Names string // in the answer; Names is the limit
}

// Queries are the query strings of. Every table rejects them, since limits
// are checked before names.
func Queries() []Query {
	list := func(n int, separator, item string) string {
		return strings.TrimSuffix(strings.Repeat(item+separator, n), separator)
	}
	embeds := ""
	for i := range 9 {
		embeds += fmt.Sprintf("e%d:owner(id),", i)
	}
	return []Query{
		{"or=" + strings.Repeat("(or", 8) + "(amount.gt.0)" + strings.Repeat(")", 8), http.StatusBadRequest, "PL001", "groups"},
		{"or=(" + list(51, ",", "amount.gt.0") + ")", http.StatusBadRequest, "PL001", "predicates"},
		{"amount=gt(all).{" + list(51, ",", "0") + "}", http.StatusBadRequest, "PL001", "predicates"},
		{"amount=in.(" + list(1001, ",", "1") + ")", http.StatusBadRequest, "PL001", "in:"},
		{"tags=cs.[" + list(101, ",", "1") + "]", http.StatusBadRequest, "PL001", "cs, cd, ov"},
		{"select=project(notes(project(notes(project(id)))))", http.StatusBadRequest, "PL001", "embeds"},
		{"select=" + embeds + "id", http.StatusBadRequest, "PL001", "embeds"},
		{"limit=1001", http.StatusBadRequest, "PL001", "limit"},
		{"select=tags(id)&tags.limit=1001", http.StatusBadRequest, "PL001", "limit"},
		{"offset=100001", http.StatusBadRequest, "PL001", "offset"},
		{"limit=-1", http.StatusRequestedRangeNotSatisfiable, "PGRST103", "Limit"}, // as clients know it
		{"limit=NaN", http.StatusBadRequest, "PGRST100", "limit"},
		{"slug=eq." + strings.Repeat("x", 9<<10), http.StatusRequestURITooLong, "PL414", "query string"},
		{list(65, "&", "slug=neq.x"), http.StatusBadRequest, "PL001", "parameters"},
	}
}

// Headers are made to cost much, by their names. Each is longer than all headers of
// a request may be.
func Headers() map[string]string {
	return map[string]string{
		"Authorization":                  "Bearer " + strings.Repeat(".", 1<<20),
		"Accept-Language":                strings.Repeat("en,", 64<<10/3),
		"Range":                          "bytes=" + strings.Repeat("0-0,", 10_000),
		"Access-Control-Request-Headers": strings.Repeat("x-a,", 64<<10/4),
		"X-Forwarded-For":                strings.Repeat("1.2.3.4,", 10_000),
		"Cookie":                         strings.Repeat("a=b; ", 10_000),
	}
}
