package accounts_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

const attacker = `{"email":"ann@example.org","password":"the attacker's own"}`

// TestA12ByMail is case A-12 (i) when the owner of an address confirms by mail: nothing
// that strangers made with the address before lets them in.
func TestA12ByMail(t *testing.T) {
	arrivals := map[string]func(w *world) *answer{
		"recovery": func(w *world) *answer {
			w.must(200, w.do("POST /recover", "", annMail))
			return w.verifyHash("recovery", w.mail(accounts.MailRecovery, "ann@example.org"))
		},
		"magic link": func(w *world) *answer {
			w.must(200, w.do("POST /otp", "", annMail))
			return w.verifyHash("magiclink", w.mail(accounts.MailMagicLink, "ann@example.org"))
		},
		"digits": func(w *world) *answer {
			w.must(200, w.do("POST /otp", "", annMail))
			return w.verifyDigits("email", w.mail(accounts.MailMagicLink, "ann@example.org"))
		},
		"invitation": func(w *world) *answer {
			w.must(200, w.do("POST /invite", secretKey, annMail))
			return w.verifyHash("invite", w.mail(accounts.MailInvite, "ann@example.org"))
		},
		"magic link of an admin": func(w *world) *answer {
			got := w.must(200, w.do("POST /admin/generate_link", secretKey, member(annMail, "type", "magiclink")))
			return w.do("POST /verify", "", fmt.Sprintf(`{"type":"magiclink","token_hash":%q}`, got.str("hashed_token")))
		},
	}
	for name, arrive := range arrivals {
		t.Run(name, func(t *testing.T) {
			engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
				w.must(200, w.do("POST /signup", "", `{"email":"ann@example.org","password":"the attacker's own","data":{"name":"Eve"}}`))
				w.mail(accounts.MailConfirmation, "ann@example.org")
				in := w.must(200, arrive(w))
				if strings.Contains(in.text, `"Eve"`) {
					t.Errorf("the attacker has said who they are: %s", in.text)
				}
				w.refused(400, "invalid_credentials", w.do(passwordLine, "", attacker))
				// The password a user then chooses is theirs alone.
				w.must(200, w.do("PUT /user", in.str("access_token"), `{"password":"a good password"}`))
				w.must(200, w.do(passwordLine, "", ann))
				w.refused(400, "invalid_credentials", w.do(passwordLine, "", attacker))
			})
		})
	}
}

// TestSquatter: a stranger in an account with an unconfirmed address is logged out, and
// their factor removed, when the owner of the address logs in.
func TestSquatter(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		_, p := w.verifiedApp(token)
		w.mails()
		// As it is after an account was made by a login elsewhere that vouches for nothing.
		if _, err := w.db.Bun().NewRaw("update auth_users set email_confirmed_at = null").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.must(200, w.do("POST /otp", "", annMail))
		in := w.must(200, w.verifyHash("magiclink", w.mail(accounts.MailMagicLink, "ann@example.org")))
		if w.goesOn(token) {
			t.Error("the session of before goes on")
		}
		if strings.Contains(in.text, p) {
			t.Error("the factor of before is still there")
		}
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", ann))
	})
}

// verifiedApp gives a user an authenticator app and returns the token of the session
// after it, and the app's id.
func (w *world) verifiedApp(token string) (after, id string) {
	w.t.Helper()
	p := w.enroll(token, "app")
	return w.must(200, w.verify(token, p, p.code(w, 0))).str("access_token"), p.id
}

// TestSignUpsThatDisagree: if two persons sign up with one address, the reader of its mails
// cannot know which password the link confirms, so neither password is kept, nor the
// metadata of either.
func TestSignUpsThatDisagree(t *testing.T) {
	first, second := strings.TrimSuffix(attacker, "}")+`,"data":{"name":"Eve"}}`, strings.TrimSuffix(ann, "}")+`,"data":{"name":"Ann"}}`
	for _, c := range []struct {
		name string
		wait time.Duration
	}{{"at once", 0}, {"later", 2 * time.Minute}} {
		t.Run(c.name, func(t *testing.T) {
			engines(t, confirmed, func(t *testing.T, w *world) {
				w.must(200, w.do("POST /signup", "", first))
				m := w.mail(accounts.MailConfirmation, "ann@example.org")
				w.advance(c.wait)
				again := w.do("POST /signup", "", second)
				if c.wait > 0 {
					w.must(200, again)
					m = w.mail(accounts.MailConfirmation, "ann@example.org")
				} else {
					w.refused(429, "over_email_send_rate_limit", again)
				}
				in := w.must(200, w.verifyHash("signup", m)) // the reader is let in
				if strings.Contains(in.text, `"Eve"`) || strings.Contains(in.text, `"Ann"`) {
					t.Errorf("one of them has said who the reader is: %s", in.text)
				}
				w.refused(400, "invalid_credentials", w.do(passwordLine, "", first))
				w.refused(400, "invalid_credentials", w.do(passwordLine, "", second))
			})
		})
	}
}

// TestSignUpAgain: repeating a sign-up with the same password keeps the password, and a new
// sign-up replaces an unconfirmed one.
func TestSignUpAgain(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		w.refused(429, "over_email_send_rate_limit", w.do("POST /signup", "", ann))
		w.mails()
		w.advance(time.Minute)
		w.must(200, w.do("POST /signup", "", ann))
		w.must(200, w.verifyHash("signup", w.mail(accounts.MailConfirmation, "ann@example.org")))
		w.must(200, w.do(passwordLine, "", ann))

		eve, bob := `{"email":"bob@example.org","password":"the attacker's own"}`, `{"email":"bob@example.org","password":"a good password"}`
		w.must(200, w.do("POST /signup", "", eve))
		old := w.mail(accounts.MailConfirmation, "bob@example.org")
		w.advance(time.Hour)
		w.must(200, w.do("POST /signup", "", bob))
		w.refused(403, "otp_expired", w.verifyHash("signup", old))
		w.must(200, w.verifyHash("signup", w.mail(accounts.MailConfirmation, "bob@example.org")))
		w.must(200, w.do(passwordLine, "", bob))
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", eve))
	})
}

// TestA1Mails is case A-1 for requests that send mails: answers are the same, byte for
// byte, with and without an account, also when repeated at once.
func TestA1Mails(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c); c.Limits.Requests.Count = -1 }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /invite", secretKey, `{"email":"invited@example.org"}`))
		w.must(200, w.do("POST /admin/users", secretKey, `{"email":"made@example.org","password":"a good password"}`))
		w.mails()
		w.account("known@example.org")
		w.account("banned@example.org")
		w.must(200, w.do("POST /signup", "", `{"email":"waits@example.org","password":"a good password"}`))
		if _, err := w.db.Bun().NewRaw("update auth_users set banned_until = ? where email = 'banned@example.org'",
			time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.advance(2 * time.Minute)
		for _, c := range []struct{ line, body string }{
			{passwordLine, `{"email":%q,"password":"a bad password"}`},
			{"POST /recover", `{"email":%q}`},
			{"POST /otp", `{"email":%q}`},
			{"POST /otp", `{"email":%q,"create_user":false}`},
			{"POST /magiclink", `{"email":%q}`},
			{"POST /resend", `{"type":"signup","email":%q}`},
			{"POST /resend", `{"type":"email_change","email":%q}`},
			{"POST /signup", `{"email":%q,"password":"a third password","data":{"name":"x"}}`},
			{"POST /verify", `{"type":"recovery","email":%q,"token":"000000"}`},
			{"POST /verify", `{"type":"email_change","email":%q,"token":"000000"}`},
		} {
			w.advance(2 * time.Minute)
			for range 2 {
				want := ""
				for _, who := range []string{"unknown", "known", "waits", "banned", "invited", "made"} {
					email := who + "@example.org"
					got := w.do(c.line, "", fmt.Sprintf(c.body, email))
					text := fmt.Sprint(got.status, " ", headersFor(got, email), " ", sameFor(got, email))
					if who == "unknown" {
						want = text
					} else if text != want {
						t.Errorf("%s %s of one who is %s:\n%s\nunknown:\n%s", c.line, c.body, who, text, want)
					}
				}
			}
		}
	})
}

// headersFor are the headers of an answer with their values. The e-mail address is taken out of the length.
func headersFor(a *answer, email string) string {
	h := a.header.Clone()
	if n, err := strconv.Atoi(h.Get("Content-Length")); err == nil {
		h.Set("Content-Length", strconv.Itoa(n-strings.Count(a.text, email)*len(email)))
	}
	return fmt.Sprint(h) // maps are printed in order
}

// sameFor is an answer without what is another each time: ids, and the address.
func sameFor(a *answer, email string) string {
	text := strings.ReplaceAll(a.text, email, "…")
	for _, name := range []string{"id", "created_at", "updated_at"} {
		if v := a.str(name); v != "" {
			text = strings.ReplaceAll(text, fmt.Sprintf("%q:%q", name, v), fmt.Sprintf("%q:…", name))
		}
	}
	return text
}

// TestLettersOfOtherAddresses: an address with a letter that lower-cases into ASCII is not
// the ASCII address, and letters with accents are the same in each normal form. Addresses
// with invisible letters, or with domains that mail servers read as another one (UTS 46),
// are refused: several spellings would reach one mailbox.
func TestLettersOfOtherAddresses(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", `{"email":"victim@gmail.example","password":"a good password"}`))
		for _, other := range []string{
			"v\u0130ctim@gmail.example", "victim@gma\u0130l.example", "\u212aim@example.org",
			"victim@\uff47mail.example", "victim@gmail\u3002example", "victim@gmail\uff0eexample", "victim@gmail\u2024example", "victim@\u2460.example", "victim@gma\ufb01l.example",
			"victim@gma\u00adil.example", "victim@gma\u200bil.example", "victim@gma\u200dil.example", "victim@gmail.example\ufeff", "victim@gma\ufe0fil.example", "victim@gm_ail.example",
			"vic\u00adtim@gmail.example", "vic\u200btim@gmail.example", "vic\u202etim@gmail.example", "vic\u2028tim@gmail.example", "vic\u3000tim@gmail.example",
		} {
			w.refused(400, "validation_failed", w.do("POST /signup", "", login(other, "a good password")))
			w.refused(400, "invalid_credentials", w.do(passwordLine, "", login(other, "a good password")))
		}
		w.must(200, w.do("POST /signup", "", login("T\u0308\u00c5@example.org", "a good password")))
		for _, same := range []string{"\u1e97\u00e5@example.org", "t\u0308a\u030a@example.org", "T\u0308\u212b@example.org"} {
			w.must(200, w.do(passwordLine, "", login(same, "a good password")))
		}
	})
}

// TestLettersOfOtherProviders: the same holds if a provider says that the address is
// verified.
func TestLettersOfOtherProviders(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		victim := userOf(w.must(200, w.do("POST /signup", "", `{"email":"victim@gmail.example","password":"a good password"}`)))
		f.trusted.SetUser(map[string]any{"sub": "other", "email": "victim@gma\u0130l.example", "email_verified": true})
		got := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
		if got["id"] == victim["id"] || got["email"] != "" {
			t.Errorf("user %v", got)
		}
	})
}

// TestSquatterBeforeLink: a link of a sign-up that an admin generates keeps nothing of an
// earlier sign-up with the address.
func TestSquatterBeforeLink(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", `{"email":"ann@example.org","password":"of a squatter","data":{"name":"Eve"}}`))
		link := w.must(200, w.do("POST /admin/generate_link", secretKey, `{"type":"signup","email":"ann@example.org","password":"a good password","data":{"nick":"Ann"}}`))
		in := w.must(200, w.do("POST /verify", "", fmt.Sprintf(`{"type":"signup","token_hash":%q}`, link.str("hashed_token"))))
		if got := fmt.Sprint(userOf(in)["user_metadata"]); got != "map[nick:Ann]" {
			t.Errorf("user_metadata %s", got)
		}
		w.refused(400, "invalid_credentials", w.enter("ann@example.org", "of a squatter"))
		w.must(200, w.enter("ann@example.org", "a good password"))
	})
}

// TestSignUpOfMadeAccounts: a sign-up changes nothing in an account that an admin, an
// import or a provider has made, with a confirmed address or without, however old. The
// owner of the address is notified, as with a confirmed address.
func TestSignUpOfMadeAccounts(t *testing.T) {
	const stranger = `{"email":"ada@example.org","password":"the attacker's own","data":{"name":"Eve"}}`
	const adaMail = `{"email":"ada@example.org"}`
	imports := func(w *world, u accounts.ImportedUser) {
		u.Email, u.PasswordHash = "ada@example.org", argonHash
		if report, err := w.a.Import(w.t.Context(), all(&u), nil); err != nil || report.Created != 1 {
			w.t.Fatalf("%v %+v", err, report)
		}
	}
	type proof func(w *world) *answer
	byMail := func(kind, template, line, body string) proof {
		return func(w *world) *answer {
			w.must(200, w.do(line, "", body))
			return w.verifyHash(kind, w.mail(template, "ada@example.org"))
		}
	}
	for _, c := range []struct {
		name string
		make func(w *world, f fakes) (living string, prove proof) // a session of theirs, if there is one
	}{
		{"invited", func(w *world, f fakes) (string, proof) {
			made := w.must(200, w.do("POST /invite", secretKey, adaMail))
			m := w.mail(accounts.MailInvite, "ada@example.org")
			w.must(200, w.do("PUT /admin/users/"+made.str("id"), secretKey, `{"roles":["writer"]}`))
			return "", func(w *world) *answer { return w.verifyHash("invite", m) }
		}},
		{"made by an admin", func(w *world, f fakes) (string, proof) {
			w.must(200, w.do("POST /admin/users", secretKey, `{"email":"ada@example.org","password":"a good password","roles":["writer"]}`))
			return "", byMail("signup", accounts.MailConfirmation, "POST /resend", member(adaMail, "type", "signup"))
		}},
		{"imported", func(w *world, f fakes) (string, proof) {
			imports(w, accounts.ImportedUser{Roles: []string{"writer"}})
			return "", byMail("signup", accounts.MailConfirmation, "POST /resend", member(adaMail, "type", "signup"))
		}},
		{"imported with a provider", func(w *world, f fakes) (string, proof) {
			imports(w, accounts.ImportedUser{Identities: []accounts.ImportedIdentity{{Provider: "other", Issuer: f.other.Issuer(), Subject: "ada"}}})
			return w.must(200, w.tab().session(f.other, "other")).str("access_token"), nil
		}},
		{"of a provider", func(w *world, f fakes) (string, proof) {
			in := w.must(200, w.tab().session(f.other, "other"))
			w.must(200, w.do(fmt.Sprintf("PUT /admin/users/%s", userOf(in)["id"]), secretKey, adaMail))
			return w.must(200, w.tab().session(f.other, "other")).str("access_token"), nil
		}},
		{"signed up, and given a role", func(w *world, f fakes) (string, proof) {
			made := w.must(200, w.do("POST /signup", "", `{"email":"ada@example.org","password":"a good password"}`))
			w.must(200, w.do("PUT /admin/users/"+made.str("id"), secretKey, `{"roles":["writer"]}`))
			w.mails()
			return "", byMail("signup", accounts.MailConfirmation, "POST /resend", member(adaMail, "type", "signup"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, wait := range []time.Duration{0, 2 * time.Minute, 40 * time.Minute} {
				t.Run(wait.String(), func(t *testing.T) {
					providers(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c); c.AccessTTL = time.Hour }, func(t *testing.T, w *world, f fakes) {
						w.role("writer", "notes.write")
						f.other.SetUser(map[string]any{"sub": "ada"})
						living, prove := c.make(w, f)
						w.advance(wait)
						switch got := w.do("POST /signup", "", stranger); {
						case got.status == 200:
							w.mail(accounts.MailExisting, "ada@example.org")
						case wait > 0:
							t.Errorf("%d %s", got.status, got.text)
						}
						w.refused(400, "invalid_credentials", w.do(passwordLine, "", stranger))
						if living != "" {
							if !w.goesOn(living) {
								t.Error("the session has ended")
							}
							w.must(200, w.tab().session(f.other, "other"))
							return
						}
						w.advance(2 * time.Minute)
						in := w.must(200, prove(w))
						if strings.Contains(in.text, `"Eve"`) {
							t.Errorf("the attacker has said who they are: %s", in.text)
						}
						if p, err := w.a.Verify(t.Context(), in.str("access_token")); err != nil || !p.HasRole("writer") {
							t.Errorf("%v: %v", err, p.Roles)
						}
						w.refused(400, "invalid_credentials", w.do(passwordLine, "", stranger))
						if c.name != "invited" {
							w.must(200, w.enter("ada@example.org", "a good password"))
						}
					})
				})
			}
		})
	}
}

// TestInvitedAfterSignUp: after an invitation no password of an earlier sign-up with the
// address is valid, whichever of the mails is opened.
func TestInvitedAfterSignUp(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", `{"email":"ann@example.org","password":"the attacker's own","data":{"name":"Eve"}}`))
		before := w.mail(accounts.MailConfirmation, "ann@example.org")
		w.must(200, w.do("POST /invite", secretKey, `{"email":"ann@example.org","data":{"team":"red"}}`))
		w.mail(accounts.MailInvite, "ann@example.org")
		in := w.must(200, w.verifyHash("signup", before))
		if strings.Contains(in.text, `"Eve"`) {
			t.Errorf("the attacker has said who they are: %s", in.text)
		}
		w.refused(400, "invalid_credentials", w.do(passwordLine, "", attacker))
	})
}
