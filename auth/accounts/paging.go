package accounts

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// paging reads page and per_page. Clients send them empty for their defaults.
func (x *exchange) paging() (data.Paging, error) {
	q := x.r.URL.Query()
	p := data.Paging{Number: 1, Size: data.UsualPerPage}
	for name, into := range map[string]*int{"page": &p.Number, "per_page": &p.Size} {
		limit := map[string]int{"page": data.MaxPage, "per_page": data.MaxPerPage}[name]
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > limit {
			return p, fail.New(problem.AuthValidation, "%s must be a number from 1 to %d", name, limit)
		}
		*into = n
	}
	return p, nil
}

// paginate sets the headers for the length of a list and the links to its pages. Clients read
// the number of a page behind the first "=" of a link.
func (x *exchange) paginate(path string, p data.Paging, total int64, name, value string) {
	last := max(1, int((total+int64(p.Size)-1)/int64(p.Size)))
	link := func(number int, rel string) string {
		address := strings.TrimSuffix(x.a.config.PublicURL, "/") + "/" + path + "?page=" + strconv.Itoa(number) + "&per_page=" + strconv.Itoa(p.Size)
		if value != "" {
			address += "&" + name + "=" + url.QueryEscape(value)
		}
		return "<" + address + `>; rel="` + rel + `"`
	}
	links := link(last, "last")
	if p.Number < last {
		links = link(p.Number+1, "next") + ", " + links
	}
	h := x.w.Header()
	h.Set("Link", links)
	h.Set("X-Total-Count", strconv.FormatInt(total, 10))
}
