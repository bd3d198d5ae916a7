package main

import (
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// visitor is a browser without scripts. It keeps cookies and follows redirects.
type visitor struct {
	t       *testing.T
	url     string
	cookies map[string]string
}

// fieldLink is a link from the list of errors to a field.
var fieldLink = regexp.MustCompile(`<li><a href="#([a-z_]+)"`)

// send sends a request and returns the page in the end, with the path of its URL.
func (v *visitor) send(method, path string, form url.Values) (status int, at, body string) {
	v.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for {
		r, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			v.t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", v.url)
		}
		for name, value := range v.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		res, err := client.Do(r)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, c := range res.Cookies() {
			if v.cookies[c.Name] = c.Value; c.MaxAge < 0 {
				delete(v.cookies, c.Name)
			}
		}
		raw, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			v.t.Fatal(err)
		}
		for _, link := range fieldLink.FindAllSubmatch(raw, -1) {
			if !strings.Contains(string(raw), `id="`+string(link[1])+`-error"`) && string(link[1]) != "list" {
				v.t.Errorf("%s %s: no field shows the error of %q", method, path, link[1])
			}
		}
		if res.StatusCode != http.StatusSeeOther {
			return res.StatusCode, path, string(raw)
		}
		method, path, form = http.MethodGet, res.Header.Get("Location"), nil
	}
}

// want sends a request and fails the test unless the page in the end has the status and the texts.
func (v *visitor) want(status int, method, path string, form url.Values, texts ...string) (at, body string) {
	v.t.Helper()
	got, at, body := v.send(method, path, form)
	if got != status {
		v.t.Errorf("%s %s: %d, want %d: %s", method, path, got, status, body)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			v.t.Errorf("%s %s does not show %q but: %s", method, path, text, body)
		}
	}
	return at, body
}

// signIn opens a session by password.
func (v *visitor) signIn(name string) {
	v.t.Helper()
	v.want(http.StatusOK, "POST", "/sign-in", url.Values{"email": {emailOf(name)}, "password": {seedPassword}})
}

// TestPages uses the pages without scripts on both engines.
func TestPages(t *testing.T) {
	t.Parallel()
	for engine, location := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "bank.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, location(t))
			ada := &visitor{t, s.url, map[string]string{}}
			bo := &visitor{t, s.url, map[string]string{}}
			s.checkAccess(t, ada, bo)
			s.checkOrders(t, ada, bo)
			s.checkNext(t)
			s.checkOldLogin(t)
			if err := CheckLedger(t.Context(), s.app.DB()); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkAccess looks at pages that are not the visitor's to see.
func (s *site) checkAccess(t *testing.T, ada, bo *visitor) {
	t.Helper()
	if at, _ := bo.want(200, "GET", "/limits", nil, "Sign in"); at != "/sign-in?next=%2Flimits" {
		t.Errorf("without a session the browser is at %s", at)
	}
	ada.signIn(people[0])
	bo.signIn(people[1])
	account := s.accountOf(t, people[0])
	ada.want(200, "GET", "/accounts/"+account.ID.String(), nil, "Download as CSV")
	ada.want(200, "GET", "/accounts/"+account.ID.String()+"/statement.csv?q=bahn", nil, "\ufeffline,booked at", "Deutsche Bahn")
	for _, path := range []string{"?from=9.3.2026", "/statement.csv?from=9.3.2026"} {
		if _, body := ada.want(422, "GET", "/accounts/"+account.ID.String()+path, nil, "Write the day as year-month-day", `id="from-error"`); strings.Contains(body, "<table>") {
			t.Errorf("%s shows entries of days that it cannot read", path)
		}
	}
	bo.want(404, "GET", "/accounts/"+account.ID.String(), nil, "you may not see it")
	bo.want(404, "GET", "/accounts/"+account.ID.String()+"/statement.csv", nil)
	bo.want(404, "GET", "/accounts/nothing", nil)
	bo.want(403, "GET", "/staff", nil, "You may not do this.")
	bo.want(403, "POST", "/staff/transfers/"+store.NewID().String()+"/reverse", nil)
	bo.want(422, "POST", "/payees", url.Values{"name": {"Shop"}, "number": {"DE00"}}, errTo.Text)
	ada.want(422, "POST", "/payees", url.Values{"name": {"Bo"}, "number": {s.accountOf(t, people[1]).Number}}, "You have a payee with this number.")
	bo.want(422, "POST", "/scheduled", url.Values{"to": {account.Number}, "from": {account.ID.String()}, "amount": {"x"}, "first_on": {"1"}, "key": {"a"}}, errFrom.Text)
	mine := s.accountOf(t, people[1])
	plan := url.Values{"to": {account.Number}, "from": {mine.ID.String()}, "amount": {"5"}, "first_on": {"2099-01-31"}, "every": {"day"}, "key": {"a"}}
	bo.want(422, "POST", "/scheduled", plan, `id="every-error"`)
	plan.Set("every", "month")
	plan.Set("amount", "9.000.000.000.000")
	bo.want(422, "POST", "/scheduled", plan, `id="amount-error"`, errMaxAmount.Text)
	plan.Set("amount", "5")
	plan.Set("first_on", "2020-01-31")
	bo.want(422, "POST", "/scheduled", plan, errPast.Text)
	plan.Set("first_on", "2099-01-31")
	bo.want(200, "POST", "/scheduled", plan, "The transfer is scheduled.", "Jan 31, 2099")
	if _, body := bo.want(200, "POST", "/scheduled", plan, "The transfer is scheduled."); strings.Count(body, "Jan 31, 2099") != 1 {
		t.Error("a schedule that is sent twice is not stored once")
	}
	bo.want(422, "POST", "/limits", url.Values{"limit": {"9000"}}, "Set up a second factor first")
	bo.want(422, "POST", "/security/factors", url.Values{}, "The name is missing.")
	if at, _ := bo.want(200, "GET", "/sign-in/code?next=/staff", nil, "Set up a second factor first."); at != "/security" {
		t.Errorf("without a second factor the browser is at %s", at)
	}
	bo.want(422, "POST", "/sign-in/code", url.Values{"code": {"1"}}, "Set up a second factor first")
	search := "/accounts/" + mine.ID.String() + "?q=rent&from=2026-03-09"
	late := &visitor{t, s.url, map[string]string{}}
	at, _ := late.want(200, "GET", search, nil, `name="next" value="`+html.EscapeString(search)+`"`)
	late.want(200, "GET", at, nil, "Sign in")
	if at, _ = late.want(200, "POST", "/sign-in", url.Values{"email": {emailOf(people[1])}, "password": {seedPassword}, "next": {search}}); at != search {
		t.Errorf("after the login the browser is at %s, want %s", at, search)
	}
	late.signIn(people[2])
	s.checkFactor(t, late)
	bo.cookies["__Host-plinth-session"] += "x"
	bo.want(200, "GET", "/", nil, "Sign in")
	bo.signIn(people[1])
}

var (
	verifyPath  = regexp.MustCompile(`action="(/security/factors/[^"]+/verify)"`)
	imageField  = regexp.MustCompile(`name="image" value="([^"]+)"`)
	secretField = regexp.MustCompile(`name="secret" value="([^"]+)"`)
)

// checkFactor adds an authenticator app. After a wrong code the page has the same key.
func (s *site) checkFactor(t *testing.T, v *visitor) {
	t.Helper()
	_, page := v.want(200, "POST", "/security/factors", url.Values{"name": {"Phone"}}, `src="data:image/svg`)
	path := verifyPath.FindStringSubmatch(page)[1]
	image, secret := html.UnescapeString(imageField.FindStringSubmatch(page)[1]), secretField.FindStringSubmatch(page)[1]
	wrong := url.Values{"code": {"x"}, "image": {image}, "secret": {secret}}
	_, page = v.want(422, "POST", path, wrong, "This code is wrong", secret)
	if again := html.UnescapeString(imageField.FindStringSubmatch(page)[1]); again != image {
		t.Errorf("after a wrong code the image is %.50s, want %.50s", again, image)
	}
	wrong.Set("image", "javascript:alert(1)")
	if _, page = v.want(422, "POST", path, wrong); strings.Contains(page, "<img") {
		t.Error("an image that is none is shown")
	}
	right := url.Values{"code": {code(t, secret, 0)}}
	v.want(200, "POST", path, right, "Your second factor is set up.")
}

// checkNext leads to pages of the bank after the login, and to no other host.
func (s *site) checkNext(t *testing.T) {
	t.Helper()
	v := &visitor{t, s.url, map[string]string{}}
	statement := "/accounts/" + s.accountOf(t, people[1]).ID.String() + "?q=bahn&from=2026-01-01"
	at, page := v.want(200, "GET", statement, nil, "Sign in")
	next := html.UnescapeString(nextField.FindStringSubmatch(page)[1])
	if next != statement {
		t.Errorf("%s leads to %q", at, next)
	}
	form := url.Values{"email": {emailOf(people[1])}, "password": {seedPassword}, "next": {next}}
	if at, _ := v.want(200, "POST", "/sign-in", form); at != statement {
		t.Errorf("after the login the browser is at %q, not at the statement", at)
	}
	form.Set("email", emailOf(people[0])) // who has a second factor
	if at, page := v.want(200, "POST", "/sign-in", form, "Six digits"); html.UnescapeString(nextField.FindStringSubmatch(page)[1]) != statement {
		t.Errorf("%s forgets the search of the statement", at)
	}
	for _, evil := range []string{
		"//evil.example", `/\evil.example`, `\\evil.example`, "/%2Fevil.example", "/%2f%2fevil.example", "/%5Cevil.example", "/.//evil.example", "///evil.example",
		"https://evil.example", "https:/evil.example", "https:evil.example", "javascript:alert(1)", "/\t/evil.example", "\t//evil.example", "evil.example", "?", "",
	} {
		v.want(200, "GET", "/sign-in?next="+url.QueryEscape(evil), nil, `name="next" value="/"`)
		form.Set("next", evil)
		form.Set("email", emailOf(people[1]))
		if at, _ := v.want(200, "POST", "/sign-in", form, "Hello, "); at != "/" {
			t.Errorf("next=%q leads to %q", evil, at)
		}
	}
}

// checkOldLogin adds an authenticator app long after the login, which needs the password.
func (s *site) checkOldLogin(t *testing.T) {
	t.Helper()
	config := plinth.Config{DatabaseURL: s.location, Logger: slog.New(slog.DiscardHandler)}
	config.Accounts.ReauthenticateAfter = -1 // every login is old
	b, err := newBank(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer b.app.DB().Close()
	handler, err := b.app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	v := &visitor{t, server.URL, map[string]string{}}
	v.signIn(people[3])
	form := url.Values{"name": {"Phone"}}
	v.want(422, "POST", "/security/factors", form, "Enter your password once more.", `type="password"`)
	form.Set("password", "wrong")
	v.want(422, "POST", "/security/factors", form, "the password is wrong", `type="password"`)
	form.Set("password", seedPassword)
	v.want(200, "POST", "/security/factors", form, "Scan the image")
}

var nextField = regexp.MustCompile(`name="next" value="([^"]*)"`)

var keyField = regexp.MustCompile(`name="key" value="([^"]+)"`)

// checkOrders sends orders, one of them twice.
func (s *site) checkOrders(t *testing.T, ada, bo *visitor) {
	t.Helper()
	from, to := s.accountOf(t, people[0]), s.accountOf(t, people[1])
	_, page := ada.want(200, "GET", "/transfer", nil)
	order := url.Values{"from": {from.ID.String()}, "to": {to.Number}, "amount": {"12,50"}, "reference": {"Lunch"}, "key": {keyField.FindStringSubmatch(page)[1]}}
	ada.want(200, "POST", "/transfer", order, "€12.50", "Bo Lindgren", "Lunch")
	if got := s.accountOf(t, people[1]).Balance; got != to.Balance {
		t.Errorf("the review has moved %d", got-to.Balance)
	}
	first, _ := ada.want(200, "POST", "/transfer/confirm", order, "The money is sent.", "Money sent", "Bo Lindgren")
	again, _ := ada.want(200, "POST", "/transfer/confirm", order, "The money is sent.")
	if got := s.accountOf(t, people[1]).Balance; got != to.Balance+1250 || first != again {
		t.Errorf("two equal orders have moved %d, to %s and %s", got-to.Balance, first, again)
	}
	bo.want(200, "GET", first, nil, "Money received", "Ada Brandt")
	// Back in the browser, and another transfer with the same form.
	other := maps.Clone(order)
	other.Set("amount", "7")
	_, page = ada.want(422, "POST", "/transfer", other, "You have sent another transfer with this form.")
	other.Set("key", keyField.FindStringSubmatch(page)[1])
	ada.want(200, "POST", "/transfer", other, "Send €7.00")
	ada.want(200, "GET", "/transfer?to="+s.accountOf(t, "Deutsche Bahn").Number, nil, `value="`+s.accountOf(t, "Deutsche Bahn").Number+`" selected`)
	(&visitor{t, s.url, map[string]string{}}).want(200, "POST", "/transfer", other, "Your session is over.")
	other.Set("key", strings.Repeat("x", 81))
	ada.want(422, "POST", "/transfer/confirm", other, `id="amount-error"`)
	order.Set("key", "another")
	order.Set("amount", "1000.01")
	ada.want(422, "POST", "/transfer/confirm", order, "The code is missing.")
	order.Set("amount", "990") // with what was sent before
	ada.want(422, "POST", "/transfer/confirm", order, errStepUp.Text, `name="code"`)
	plan := url.Values{"to": {to.Number}, "from": {from.ID.String()}, "amount": {"990"}, "first_on": {"2099-01-31"}, "every": {"once"}, "key": {"z"}}
	ada.want(422, "POST", "/scheduled", plan, errStepUp.Text, `name="code"`)
	plan.Set("code", code(t, s.key, 0))
	late := &visitor{t, s.url, map[string]string{}}
	late.signIn(people[0])
	ada.want(200, "POST", "/scheduled", plan, "The transfer is scheduled.")
	order.Set("code", code(t, s.key, 1))
	late.want(200, "POST", "/transfer/confirm", order, "The money is sent.", "Money sent")
	order.Set("from", to.ID.String())
	ada.want(422, "POST", "/transfer/confirm", order, errFrom.Text)
	bo.want(422, "POST", "/transfer/confirm", order, "Set up a second factor first")
}

// accountOf returns the first account of a holder.
func (s *site) accountOf(t *testing.T, holder string) *Account {
	t.Helper()
	a, err := store.For[Account](s.app.DB()).First(t.Context(), store.Query{Where: accountHolder.Eq(holder)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestParseMoney reads amounts as people write them.
func TestParseMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"12": 1200, "12.5": 1250, "12,50": 1250, "1,234.50": 123450, "1.234,50": 123450, "1 234,5": 123450, "1'234": 123400,
		"1.234": 123400, "€5": 500, ".50": 50, "0": 0, "007": 700, "999999999999.99": 99999999999999,
		"": -1, "-5": -1, "ten": -1, "1,2,3": -1, "1e3": -1, "1.23.456.78": -1, "9999999999999999": -1, ".": -1, "٣": -1,
		"0.125": -1, "0,001": -1, ".125": -1, "1234.567": -1, "1,,234": -1, "1\u202f234,50 €": 123450, "1.234,50\u00a0€": 123450, "1’234.50": 123450, "12.": 1200,
	} {
		cents, ok := parseMoney(text)
		if ok != (want >= 0) || ok && cents != want {
			t.Errorf("%q is %d, %t, want %d", text, cents, ok, want)
		}
	}
}
