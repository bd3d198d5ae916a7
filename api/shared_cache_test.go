package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// sharedCache is a small shared cache of RFC 9111 in front of a server. It keeps
// all it may and revalidates what is stale.
type sharedCache struct {
	origin http.Handler
	now    int // seconds
	kept   map[string][]*keptAnswer

	hits, revalidated int
}

// keptAnswer is an answer to GET with what its Vary names of the request.
type keptAnswer struct {
	response
	vary map[string][]string
	at   int
	age  int // s-maxage
}

func (c *sharedCache) get(t *testing.T, q request) response {
	t.Helper()
	method, target, _ := strings.Cut(q.line, " ")
	sent := http.Header{"Accept": {"application/json"}}
	for _, line := range q.header {
		name, value, _ := strings.Cut(line, ": ")
		sent.Set(name, value)
	}
	i := slices.IndexFunc(c.kept[target], func(k *keptAnswer) bool { return k.selectedBy(sent) })
	if i >= 0 {
		k := c.kept[target][i]
		if c.now-k.at < k.age {
			c.hits++
			return k.answer(method, q)
		}
		// Section 4.3: stale, so the server is asked whether it still holds.
		if res := do(t, c.origin, ifNoneMatch(request{line: "GET " + target, header: q.header}, k.header.Get("Etag"))); res.status == http.StatusNotModified {
			c.revalidated++
			k.at = c.now
			for name, values := range res.header {
				k.header[name] = values
			}
			return k.answer(method, q)
		}
		c.kept[target] = slices.Delete(c.kept[target], i, i+1)
	}
	res := do(t, c.origin, q)
	if age, ok := mayKeep(method, res); ok {
		k := &keptAnswer{response: res, vary: map[string][]string{}, at: c.now, age: age}
		for _, name := range strings.Split(strings.Join(res.header.Values("Vary"), ", "), ", ") {
			k.vary[name] = sent.Values(name)
		}
		c.kept[target] = append(c.kept[target], k)
	}
	return res
}

// selectedBy says whether the answer may be chosen for a request (section 4.1).
func (k *keptAnswer) selectedBy(sent http.Header) bool {
	for name, values := range k.vary {
		if name == "*" || !slices.Equal(sent.Values(name), values) {
			return false
		}
	}
	return true
}

// answer is the kept answer as that to a request.
func (k *keptAnswer) answer(method string, q request) response {
	res := k.response
	for _, line := range q.header {
		if line == "If-None-Match: "+res.header.Get("Etag") {
			res.status, res.body = http.StatusNotModified, ""
		}
	}
	if method == http.MethodHead {
		res.body = ""
	}
	return res
}

// mayKeep says whether and how long a shared cache keeps an answer (sections 3
// and 4.2.1). Public lets it keep those to requests with Authorization too.
func mayKeep(method string, res response) (age int, ok bool) {
	ok = method == http.MethodGet && res.status < 500 && res.status != http.StatusNotModified
	for _, directive := range strings.Split(res.header.Get("Cache-Control"), ", ") {
		name, value, _ := strings.Cut(directive, "=")
		switch name {
		case "no-store", "private", "no-cache":
			return 0, false
		case "s-maxage":
			age, _ = strconv.Atoi(value)
		}
	}
	return age, ok && age > 0
}

// TestSharedCache puts a shared cache before the server. Authenticated callers get the
// present answer of the server. Others get one that the server has sent to such callers
// within the declared time.
func TestSharedCache(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := sharedServer(t, db)
		r := rand.New(rand.NewPCG(7, 8))
		cache := &sharedCache{origin: h, kept: map[string][]*keptAnswer{}}
		said := map[string][]keptAnswer{} // to strangers, by request
		say := func() {
			for _, q := range sharedRequests("") {
				said[fmt.Sprint(q)] = append(said[fmt.Sprint(q)], keptAnswer{response: do(t, h, q), at: cache.now})
			}
		}
		say()
		known, stale := 0, 0
		for step := range 900 {
			cache.now += r.IntN(2)
			if r.IntN(90) == 0 {
				change := request{line: "PATCH /comics?id=eq." + strconv.Itoa(1+r.IntN(3)), header: []string{"Authorization: Bearer ann"}}
				change.body = fmt.Sprintf(`{"title":"t%d","draft":%t}`, step, r.IntN(2) == 0)
				must(t, h, http.StatusNoContent, change)
				say()
			}
			who := []string{"", "", "", "", "", "Authorization: Bearer ann", "Cookie: session=bob", "Apikey: " + publishableKey, "Authorization: Bearer eve"}[r.IntN(9)]
			all := sharedRequests(who)
			q := all[r.IntN(len(all))]
			before := cache.hits
			got := cache.get(t, q)
			now := do(t, h, q)
			switch fresh := got.status == now.status && got.body == now.body; {
			case who != "" && (!fresh || cache.hits > before):
				t.Fatalf("%v: %d %s, the server says %d %s", q, got.status, got.body, now.status, now.body)
			case who != "":
				known++
			case !wasSaid(said[fmt.Sprint(q)], got, cache.now-60):
				t.Fatalf("%v at %d: %d %s, which the server has not said", q, cache.now, got.status, got.body)
			case !fresh:
				stale++
			}
		}
		t.Logf("%d hits, %d of them stale, %d revalidated, %d answers to callers who are known", cache.hits, stale, cache.revalidated, known)
		if cache.hits < 60 || stale < 10 || cache.revalidated < 10 || known < 300 {
			t.Error("too little has happened to prove anything")
		}
	})
}

// wasSaid reports whether an answer was the server's at some time since then.
func wasSaid(said []keptAnswer, got response, since int) bool {
	for i, s := range said {
		over := i+1 < len(said) && said[i+1].at < since
		if !over && s.status == got.status && s.body == got.body {
			return true
		}
	}
	return false
}

// sharedRequests are the requests of a caller: reads in all forms, some of which
// answer everybody differently.
func sharedRequests(who string) []request {
	var all []request
	for _, line := range []string{
		"GET /comics?select=id,title&order=id", "HEAD /comics?select=id,title&order=id", "GET /comics/1", "GET /comics/3",
		"GET /comics?select=title,press(name)&order=id", "GET /comics?select=title,fans(name)&order=id", "GET /comics?select=count()",
		"GET /presses?select=name,comics(title)&id=lt.3",
	} {
		for _, header := range []string{"", "Prefer: count=exact", "Range: 0-0", objectOnly, "Accept-Profile: other"} {
			q := request{line: line}
			for _, h := range []string{who, header} {
				if h != "" {
					q.header = append(q.header, h)
				}
			}
			all = append(all, q)
		}
	}
	return all
}
