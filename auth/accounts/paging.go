package accounts

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

const (
	usualPerPage = 50
	maxPerPage   = 1000
	maxPage      = 1_000_000
)

// paging is a part of a list: its number, from 1, and how many rows pages have.
type paging struct{ number, size int }

func (p paging) offset() int { return (p.number - 1) * p.size }

// paging reads page and per_page. Clients send them empty for their defaults.
func (x *exchange) paging() (paging, error) {
	q := x.r.URL.Query()
	p := paging{number: 1, size: usualPerPage}
	for name, into := range map[string]*int{"page": &p.number, "per_page": &p.size} {
		limit := map[string]int{"page": maxPage, "per_page": maxPerPage}[name]
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > limit {
			return p, failf(problem.AuthValidation, "%s must be a number from 1 to %d", name, limit)
		}
		*into = n
	}
	return p, nil
}

// paginate sets the headers for the length of a list and the links to its pages. Clients read
// the number of a page behind the first "=" of a link.
func (x *exchange) paginate(path string, p paging, total int64, name, value string) {
	last := max(1, int((total+int64(p.size)-1)/int64(p.size)))
	link := func(number int, rel string) string {
		address := strings.TrimSuffix(x.a.config.PublicURL, "/") + "/" + path + "?page=" + strconv.Itoa(number) + "&per_page=" + strconv.Itoa(p.size)
		if value != "" {
			address += "&" + name + "=" + url.QueryEscape(value)
		}
		return "<" + address + `>; rel="` + rel + `"`
	}
	links := link(last, "last")
	if p.number < last {
		links = link(p.number+1, "next") + ", " + links
	}
	h := x.w.Header()
	h.Set("Link", links)
	h.Set("X-Total-Count", strconv.FormatInt(total, 10))
}
