package accounts_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// fuzzed are accounts for targets, with everything switched on and no limits.
func fuzzed(f *testing.F) *accounts.Accounts {
	f.Helper()
	db := newSQLite(f)
	none := accounts.Limit{Count: -1}
	config := accounts.Config{
		MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: "https://example.test",
		Autoconfirm: true, Cookies: true, ManualLinking: true, Mailer: new(mailbox), SMS: new(mailbox), Hashes: password.Config{Memory: 64, Time: 1},
		Providers: []accounts.Provider{yes{}}, Logger: slog.New(slog.DiscardHandler),
		Limits: accounts.Limits{Guesses: none, AddressGuesses: none, AccountGuesses: -1, Requests: none, NumberSMS: none, AddressSMS: none, SMS: none},
	}
	keyed(&config)
	withPasskeys(&config)
	a, err := accounts.New(db, config)
	if err != nil {
		f.Fatal(err)
	}
	m, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		f.Fatal(err)
	}
	if _, err := m.Up(f.Context()); err != nil {
		f.Fatal(err)
	}
	return a
}

// FuzzTokens: no text makes the readers of refresh tokens and cookies fail, and one of
// ours that is changed in whatever way is none of ours.
func FuzzTokens(f *testing.F) {
	f.Add("", int64(1), uint16(0), byte(1))
	f.Add("AAAA", int64(-1), uint16(40), byte(0x80))
	f.Add(strings.Repeat("A", 64), int64(1<<62), uint16(54), byte(' '))
	f.Add("\n", int64(1), uint16(0), byte(0)) // decoders skip ends of lines
	a := fuzzed(f)
	f.Fuzz(func(t *testing.T, text string, counter int64, at uint16, change byte) {
		id := store.NewID()
		refresh, cookie := a.NewTokens(id, counter)
		if gotID, got, ok := a.ReadRefresh(refresh); !ok || gotID != id || got != counter {
			t.Errorf("%q reads as %v, %d, %v", refresh, gotID, got, ok)
		}
		if gotID, ok := a.ReadCookie(cookie); !ok || gotID != id {
			t.Errorf("%q reads as %v, %v", cookie, gotID, ok)
		}
		for _, token := range []string{refresh, cookie} {
			changed := []byte(token)
			changed[int(at)%len(changed)] ^= change
			for _, wrong := range []string{string(changed), text, token + text, text + token, token[:int(at)%len(token)]} {
				if wrong == token {
					continue
				}
				if _, _, ok := a.ReadRefresh(wrong); ok && wrong != refresh {
					t.Errorf("%q is a refresh token", wrong)
				}
				if _, ok := a.ReadCookie(wrong); ok && wrong != cookie {
					t.Errorf("%q is a cookie", wrong)
				}
			}
		}
	})
}

// FuzzCanonicalPhone: what is taken for a number is one of E.164 in its one form, which
// stays the same however it is written.
func FuzzCanonicalPhone(f *testing.F) {
	for _, text := range []string{"+49 30 123456", "(49) 151-123 4567", "0049301234567", "+", "++4930123456", "+49\u0661234567", "123456789012345", "1234567890123456", "+49301234567;ext=1", ""} {
		f.Add(text)
	}
	number := regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
	f.Fuzz(func(t *testing.T, text string) {
		phone, ok := accounts.CanonicalPhone(text)
		if !ok {
			if phone != "" {
				t.Errorf("%q is none, and %q", text, phone)
			}
			return
		}
		if !number.MatchString(phone) || strings.Trim(text, "+-() 0123456789") != "" {
			t.Errorf("%q is %q", text, phone)
		}
		for _, same := range []string{phone, "+" + phone, " +" + phone[:3] + " (" + phone[3:5] + ") " + phone[5:] + " "} {
			if again, ok := accounts.CanonicalPhone(same); !ok || again != phone {
				t.Errorf("%q is %q, %v; %q is %q", same, again, ok, text, phone)
			}
		}
	})
}

// FuzzServe: whatever comes to whatever route, from strangers, users and admins, is
// answered, and by no fault of ours.
func FuzzServe(f *testing.F) {
	routes := accounts.Routes()
	bodies := map[string]string{
		"signup": ann, "token": ann, "otp": annMail, "recover": annMail, "resend": `{"email":"ann@example.org","type":"signup"}`,
		"user": `{"password":"another password","data":{"a":null}}`, "factors": `{"factor_type":"totp","friendly_name":"phone"}`,
		"passkeys/authentication/verify": `{"challenge_id":"x","credential":{"id":"","rawId":"AA","type":"public-key","response":{}}}`,
		"admin/users":                    `{"email":"bob@example.org","password_hash":"$2a$04$","app_metadata":{}}`, "admin/roles": `{"name":"editor","permissions":["notes.write"]}`,
		"admin/generate_link": `{"type":"magiclink","email":"ann@example.org"}`, "user/api-keys": `{"name":"x","scopes":["accounts.self"]}`,
	}
	for i, rt := range routes {
		for _, who := range []string{"", "Bearer USER", "Bearer " + secretKey} {
			f.Add(uint8(i), "x", "grant_type=password&provider=yes&page=1&scope=local", bodies[rt[1]], who, "", "de-AT, en;q=0.5")
		}
	}
	for i, rt := range routes {
		if strings.Contains("signup token otp resend user factors", rt[1]) {
			f.Add(uint8(i), "x", "grant_type=password", `{"phone":"+4930123456","password":"a good password","type":"phone_change","channel":"sms","factor_type":"phone"}`, "Bearer USER", "", "")
		}
	}
	f.Add(uint8(1), "", "grant_type=refresh_token", `{"refresh_token":"`+strings.Repeat("A", 54)+`"}`, "bearer\tx", cookieName+"=x", "\xff")
	f.Add(uint8(1), "%00", "grant_type=pkce", `{"auth_code":"x","code_verifier":"`+verifier+`"}`, "Basic eDp5", cookieName+"=x; "+cookieName+"=y", "*")
	f.Add(uint8(1), "", "grant_type=id_token", `{"provider":"yes","id_token":"a.b.c","nonce":1}`, "", "a=\"", "")
	a := fuzzed(f)
	users := 0
	param := regexp.MustCompile(`\{\w+\}`)
	f.Fuzz(func(t *testing.T, route uint8, id, query, body, who, cookie, language string) {
		rt := routes[int(route)%len(routes)]
		if strings.Contains(who, "USER") {
			users++
			up := post(t, a, users, "/signup", login(fmt.Sprintf("u%d@example.org", users), "a good password"), "")
			_, token, _ := strings.Cut(up.Body.String(), `"access_token":"`)
			token, _, _ = strings.Cut(token, `"`)
			who = strings.ReplaceAll(who, "USER", token)
		}
		r := httptest.NewRequestWithContext(t.Context(), rt[0], "/", strings.NewReader(body))
		r.URL = &url.URL{Path: "/" + param.ReplaceAllLiteralString(rt[1], id), RawQuery: query}
		r.Header = http.Header{
			"Authorization": {who}, "Cookie": {cookie}, "Accept-Language": {language}, "User-Agent": {language}, "Content-Type": {"application/json"},
		}
		if who == "" {
			r.Header.Del("Authorization")
		}
		if !strings.HasPrefix(body, "{") && rt[0] == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		rec := httptest.NewRecorder()
		a.ServeHTTP(rec, r)
		if rec.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s: %d %s", rt[0], r.URL, rec.Code, rec.Body)
		}
	})
}
