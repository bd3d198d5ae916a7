package accounts_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// stored returns all that the tables of the accounts hold, bytes in every spelling.
func (w *world) stored() string {
	w.t.Helper()
	var out strings.Builder
	for _, table := range w.tables() {
		rows, err := w.db.Bun().QueryContext(w.t.Context(), `select * from "`+table+`"`)
		if err != nil {
			w.t.Fatal(err)
		}
		columns, _ := rows.Columns()
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				w.t.Fatal(err)
			}
			for i, v := range values {
				if raw, ok := v.([]byte); ok {
					fmt.Fprintln(&out, table, columns[i], string(raw), hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw))
				} else {
					fmt.Fprintln(&out, table, columns[i], v)
				}
			}
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
		_ = rows.Close()
	}
	return out.String()
}

// tables are those of the accounts, and the change log.
func (w *world) tables() (names []string) {
	w.t.Helper()
	list := `select name from sqlite_master where type = 'table'`
	if w.db.Capabilities().Engine == "postgres" {
		list = `select table_name from information_schema.tables where table_schema = current_schema()`
	}
	if err := w.db.Bun().NewRaw(list).Scan(w.t.Context(), &names); err != nil {
		w.t.Fatal(err)
	}
	return names
}

// TestAtRest: the database without the configuration contains no usable secret, and no key
// to sign tokens with.
func TestAtRest(t *testing.T) {
	engines(t, func(c *accounts.Config) { withCookies(c); c.SMS = c.Mailer.(*mailbox) }, func(t *testing.T, w *world) {
		in, phone := w.withApp()
		codes := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), "")).body["codes"].([]any)
		key := w.must(200, w.do("POST /user/api-keys", in.str("access_token"), `{"name":"x","scopes":["accounts.self"]}`)).str("key")
		w.mails() // notices
		w.must(200, w.do("POST /recover", "", annMail))
		m := w.mail(accounts.MailRecovery, "ann@example.org")
		w.must(200, w.do("POST /otp", "", annaPhone))
		digits := w.sms(accounts.SMSLogin, anna).values["code"]
		w.must(200, w.do("POST /otp", "", `{"phone":"+4930999999"}`)) // waits in the outbox
		b := &browser{w: w}
		w.must(200, b.do(passwordLine, ann))
		secrets := map[string]string{
			"password": "a good password", "access token": in.str("access_token"), "refresh token": in.str("refresh_token"), "cookie": b.cookie,
			"app": string(phone.secret), "app in hex": hex.EncodeToString(phone.secret), "recovery code": codes[0].(string), "API key": key,
			"link": m.token(w), "digits of a message": digits, "text in the outbox": "Tell nobody", "master key": "0123456789abcdef0123456789abcdef",
			"private key":        "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", // the curve in PKCS 8 and SEC 1
			"private key in hex": "06082a8648ce3d030107", "private key in PEM": "PRIVATE KEY", "private key as JWK": `"d":`,
		}
		held := w.stored()
		if !strings.Contains(held, "auth_users email ann@example.org") {
			t.Fatalf("nothing is held: %.2000s", held)
		}
		for name, secret := range secrets {
			if strings.Contains(held, secret) {
				t.Errorf("the database has the %s", name)
			}
		}
	})
}

// TestMasterKeys: a new first master key changes nothing for users, and without the old one
// older secrets cannot be read.
func TestMasterKeys(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, phone := w.withApp()
		codes := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), "")).body["codes"].([]any)
		old, young := w.cfg.MasterKeys[0], []byte("fedcba9876543210fedcba9876543210")
		open := func(keys ...[]byte) *world {
			cfg := w.cfg
			cfg.MasterKeys = keys
			a, err := accounts.New(w.db, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := migrate.Verify(t.Context(), w.db, accounts.Migrations()); err != nil {
				t.Fatal(err)
			}
			return &world{t: t, db: w.db, a: a, cfg: cfg, now: w.now, mailbox: w.mailbox}
		}
		both := open(young, old)
		both.must(200, both.do("GET /user", in.str("access_token"), ""))
		next := both.must(200, both.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
		w.advance(5 * time.Minute)
		both.must(200, both.verify(both.login().str("access_token"), phone, phone.code(both, 0)))
		both.must(200, both.do("POST /factors/recovery-codes/verify", both.login().str("access_token"), fmt.Sprintf(`{"code":%q}`, codes[0])))
		w.must(200, w.do("GET /user", both.login().str("access_token"), "")) // an instance that is not changed yet

		alone := open(young)
		for name, got := range map[string]*answer{
			"access token": alone.do("GET /user", next.str("access_token"), ""), "refresh token": alone.do(refreshLine, "", refreshBody(next.str("refresh_token"))),
		} {
			if got.status == 200 {
				t.Errorf("without the old key: %s: %s", name, got.text)
			}
		}
	})
}
