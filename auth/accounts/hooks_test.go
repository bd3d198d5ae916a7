package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// TestBeforeSignUp: the hook can refuse, fail and change metadata before anything is
// stored, for every kind of account that a client can make.
func TestBeforeSignUp(t *testing.T) {
	engines(t, func(c *accounts.Config) {
		c.Anonymous = true
		c.BeforeSignUp = func(ctx context.Context, s *accounts.SignUp) error {
			if _, ok := ctx.Deadline(); !ok {
				return errors.New("no deadline")
			}
			switch {
			case strings.HasSuffix(s.Email, "@evil.example"):
				return accounts.Refuse("Not you.")
			case s.Email == "broken@example.org":
				return errors.New("the database of the hook is down")
			case s.Email == "panic@example.org":
				panic("out of order")
			}
			s.AppMetadata["how"] = s.Method
			s.UserMetadata = map[string]any{"from": s.Address}
			return nil
		}
	}, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		user := up.body["user"].(map[string]any)
		if app := user["app_metadata"].(map[string]any); app["how"] != "password" || app["provider"] != "email" {
			t.Errorf("app_metadata %v", app)
		}
		if fmt.Sprint(user["user_metadata"]) != "map[from:192.0.2.1]" {
			t.Errorf("user_metadata %v", user["user_metadata"])
		}
		guest := w.must(200, w.do("POST /signup", "", `{}`)).body["user"].(map[string]any)
		if guest["app_metadata"].(map[string]any)["how"] != "anonymous" {
			t.Errorf("guest %v", guest)
		}
		for email, want := range map[string]string{
			"x@evil.example": "403 refused_by_application Not you.", "broken@example.org": "500 unexpected_failure The server could not answer this request.",
			"panic@example.org": "500 unexpected_failure The server could not answer this request.",
		} {
			got := w.do("POST /signup", "", fmt.Sprintf(`{"email":%q,"password":"a good password"}`, email))
			if text := fmt.Sprintf("%d %s %s", got.status, got.code(), got.str("msg")); text != want {
				t.Errorf("%s: %s, want %s", email, text, want)
			}
			if in := w.do("POST /token?grant_type=password", "", fmt.Sprintf(`{"email":%q,"password":"a good password"}`, email)); in.status != 400 {
				t.Errorf("%s exists: %s", email, in.text)
			}
		}
	})
}

// TestBeforeSignUpEverywhere: no way to an account goes around the hook. What it refuses
// leaves no row and sends no mail.
func TestBeforeSignUpEverywhere(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{} // by method
	engines(t, func(c *accounts.Config) {
		keyed(c)
		withSMS(c)
		c.BeforeSignUp = func(_ context.Context, s *accounts.SignUp) error {
			mu.Lock()
			defer mu.Unlock()
			asked[s.Method]++
			return accounts.Refuse("Nobody.")
		}
	}, func(t *testing.T, w *world) {
		for _, request := range []struct{ line, body string }{
			{"POST /signup", ann},
			{"POST /signup", "{}"},
			{"POST /signup", annaLogin},
			{"POST /otp", annaPhone},
			{"POST /otp", `{"email":"ann@example.org"}`},
			{"POST /otp", `{"email":"ann@example.org","create_user":true}`},
			{"POST /magiclink", `{"email":"ann@example.org"}`},
			{"POST /invite", `{"email":"ann@example.org"}`},
			{"POST /admin/users", ann},
			{"POST /admin/generate_link", `{"type":"signup","email":"ann@example.org","password":"a good password"}`},
			{"POST /admin/generate_link", `{"type":"invite","email":"ann@example.org"}`},
			{"POST /admin/generate_link", `{"type":"magiclink","email":"ann@example.org"}`},
		} {
			w.refused(403, "refused_by_application", w.admin(request.line, request.body))
		}
		if _, err := w.a.CreateUser(t.Context(), accounts.NewUser{Email: "ann@example.org"}); err == nil {
			t.Error("CreateUser does not ask")
		}
		if n := w.must(200, w.admin("GET /admin/users", "")).header.Get("X-Total-Count"); n != "0" {
			t.Errorf("%s users", n)
		}
		if n := w.queued(); n != 0 {
			t.Errorf("%d mails", n)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, method := range []string{"password", "anonymous", "otp", "invite", "admin"} {
			if asked[method] == 0 {
				t.Errorf("not asked for %s: %v", method, asked)
			}
		}
	})
}

// TestGuestsAdmitted: a guest becomes a user only if the hook and the setting for sign-up
// allow it. A refusal leaves no pending change and sends nothing.
func TestGuestsAdmitted(t *testing.T) {
	providers(t, func(c *accounts.Config) {
		withSMS(c)
		c.BeforeSignUp = func(_ context.Context, s *accounts.SignUp) error {
			if s.Method == "anonymous" {
				return nil
			}
			return accounts.Refuse("Nobody.")
		}
	}, func(t *testing.T, w *world, f fakes) {
		token := w.must(200, w.do("POST /signup", "", "{}")).str("access_token")
		cfg := w.cfg
		cfg.DisableSignup, cfg.BeforeSignUp = true, nil
		closed, err := accounts.New(w.db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, by := range []struct {
			a      *accounts.Accounts
			status int
			code   string
		}{{w.a, 403, "refused_by_application"}, {closed, 422, "signup_disabled"}} {
			w.a = by.a
			for _, body := range []string{ann, annMail, annaPhone, annaLogin} {
				w.refused(by.status, by.code, w.do("PUT /user", token, body))
			}
			w.refused(400, "validation_failed", w.do("PUT /user", token, member(annMail, "phone", anna)))
			w.refused(by.status, by.code, w.do("POST /token?grant_type=id_token", token, `{"provider":"trusted","link_identity":true,"id_token":"`+f.trusted.IDToken(nil)+`"}`))
			to := w.must(200, w.linkURL(token, "trusted", pkce+challengeOf(testVerifier))).str("url")
			b := w.tab()
			w.refused(by.status, by.code, b.exchange(b.open("/callback/trusted?"+f.trusted.Authorize(to).Encode(), nil), testVerifier))
			b = w.tab()
			back := f.trusted.Authorize(b.open("/user/identities/authorize?provider=trusted", nil, "Sec-Fetch-Site", "same-origin", "Authorization", "Bearer "+token).to.String())
			b.refused("implicit", by.code, siteURL, b.open("/callback/trusted?"+back.Encode(), nil))

			me := w.must(200, w.do("GET /user", token, ""))
			if me.body["is_anonymous"] != true || me.str("new_email") != "" || me.str("new_phone") != "" || len(me.body["identities"].([]any)) != 0 {
				t.Errorf("%s: user %s", by.code, me.text)
			}
			if n := w.queued(); n != 0 {
				t.Errorf("%s: %d mails", by.code, n)
			}
			w.must(200, w.do("PUT /user", token, `{"data":{"name":"Guest"}}`)) // which is no account
		}
		w.refused(422, "signup_disabled", w.do("POST /signup", "", "{}"))
	})
}

// TestGuestsMetadata: metadata that the hook sets for a guest are stored when the address
// is confirmed, not before. Metadata that the guest has set in between stay.
func TestGuestsMetadata(t *testing.T) {
	change := func(c *accounts.Config) {
		withSMS(c)
		withSecretKey(c)
		c.BeforeSignUp = func(_ context.Context, s *accounts.SignUp) error {
			if s.Method == "anonymous" {
				s.AppMetadata = map[string]any{"plan": "guest", "trial": true}
				return nil
			}
			s.UserMetadata["asked"] = fmt.Sprintf("%s %s%s %v", s.Method, s.Email, s.Phone, s.UserMetadata["full_name"])
			delete(s.UserMetadata, "full_name")
			s.AppMetadata = map[string]any{"plan": "member"}
			return nil
		}
	}
	providers(t, change, func(t *testing.T, w *world, f fakes) {
		put := func(body string) func(id, token string) *answer {
			return func(_, token string) *answer {
				got := w.must(200, w.do("PUT /user", token, strings.TrimSuffix(body, "}")+`,"data":{"full_name":"Ada"}}`))
				if fmt.Sprint(got.body["app_metadata"], got.body["user_metadata"]) != "map[plan:guest trial:true] map[full_name:Ada name:Guest]" {
					t.Errorf("before it is shown: %s", got.text)
				}
				return got
			}
		}
		// What is said about an address must not hold by a number that is shown to be theirs.
		guest := w.must(200, w.do("POST /signup", "", "{}")).str("access_token")
		w.refused(400, "validation_failed", w.do("PUT /user", guest, member(annMail, "phone", anna)))
		if n := w.queued(); n != 0 {
			t.Errorf("%d messages about both", n)
		}
		confirmed := w.a
		cfg := w.cfg
		cfg.Autoconfirm = true
		atOnce, err := accounts.New(w.db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range []struct {
			a     *accounts.Accounts
			begin func(id, token string) *answer
			end   func() *answer // nil where nothing is confirmed
			asked string
			by    string // what they are then known by
		}{
			{confirmed, put(ann), func() *answer {
				return w.verifyHash("email_change", w.mail(accounts.MailEmailChange, "ann@example.org"))
			}, "password ann@example.org Ada", "email"},
			{confirmed, put(annaPhone), func() *answer {
				w.sms(accounts.SMSPhoneChange, anna)
				w.advance(time.Minute)
				w.must(200, w.do("POST /resend", "", member(annaPhone, "type", "phone_change")))
				return w.verifySMS("phone_change", w.sms(accounts.SMSPhoneChange, anna))
			}, "otp 4930123456 Ada", "phone"},
			{atOnce, func(_, token string) *answer {
				return w.do("PUT /user", token, `{"email":"bob@example.org","data":{"full_name":"Ada"}}`)
			}, nil, "otp bob@example.org Ada", "email"},
			{confirmed, func(_, token string) *answer {
				return w.do("POST /token?grant_type=id_token", token, `{"provider":"trusted","link_identity":true,"id_token":"`+f.trusted.IDToken(nil)+`"}`)
			}, nil, "trusted ada@example.org Ada Lovelace", "trusted"},
			{confirmed, func(id, _ string) *answer {
				return w.do("PUT /admin/users/"+id, secretKey, `{"email":"eve@example.org","email_confirm":true,"user_metadata":{"full_name":"Ada"}}`)
			}, nil, "admin eve@example.org Ada", "email"},
		} {
			w.a = way.a
			in := w.must(200, w.do("POST /signup", "", `{"data":{"name":"Guest"}}`))
			id := userOf(in)["id"].(string)
			w.must(200, way.begin(id, in.str("access_token")))
			app := fmt.Sprintf("map[plan:member provider:%s providers:[%s]]", way.by, way.by)
			if way.end != nil {
				w.must(200, w.do("PUT /user", in.str("access_token"), `{"data":{"name":"Ada"}}`))
				w.must(200, w.do("PUT /admin/users/"+id, secretKey, `{"app_metadata":{"seat":7}}`))
				w.must(200, way.end())
				app = strings.Replace(app, "]]", "] seat:7]", 1)
			}
			u := w.must(200, w.do("GET /admin/users/"+id, secretKey, "")).body
			said := u["user_metadata"].(map[string]any)
			_, kept := said["full_name"]
			if fmt.Sprint(u["app_metadata"]) != app || said["asked"] != way.asked || kept || said["name"] == nil || u["is_anonymous"] != false {
				t.Errorf("%s: user %v", way.asked, u)
			}
			if way.end != nil && said["name"] != "Ada" {
				t.Errorf("%s: what was said meanwhile is lost: %v", way.asked, said)
			}
		}
	})
}

// TestBeforeTokenAgain: a refresh that the hook fails uses up nothing, so the client may
// repeat it, however late.
func TestBeforeTokenAgain(t *testing.T) {
	var down sync.Map // by address
	engines(t, func(c *accounts.Config) {
		c.BeforeToken = func(_ context.Context, token *accounts.Token) error {
			if why, is := down.Load(token.User.Email); is {
				return why.(error)
			}
			return nil
		}
	}, func(t *testing.T, w *world) {
		email := strings.ToLower(t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]) + "@example.org"
		token := w.must(200, w.do("POST /signup", "", fmt.Sprintf(`{"email":%q,"password":"a good password"}`, email))).str("refresh_token")
		for _, why := range []struct {
			err    error
			status int
		}{{errors.New("the service of tenants is down"), 500}, {accounts.Refuse("Not now."), 403}} {
			down.Store(email, why.err)
			for range 3 {
				w.must(why.status, w.do(refreshLine, "", refreshBody(token)))
				w.advance(30 * time.Second)
			}
			down.Delete(email)
			next := w.must(200, w.do(refreshLine, "", refreshBody(token)))
			w.must(200, w.do("GET /user", next.str("access_token"), ""))
			w.advance(time.Minute)
			token = next.str("refresh_token")
		}
	})
}

// TestBeforeTokenOfCookiesAndKeys: cookies and API keys are refused by the hook as tokens
// are. A refusal deletes the cookie, a failure does not.
func TestBeforeTokenOfCookiesAndKeys(t *testing.T) {
	var down sync.Map // by the session's user
	engines(t, func(c *accounts.Config) {
		withCookies(c)
		c.BeforeToken = func(_ context.Context, token *accounts.Token) error {
			if why, is := down.Load(token.User.ID); is {
				return why.(error)
			}
			return nil
		}
	}, func(t *testing.T, w *world) {
		id, token := w.signUp()
		key := w.key(token, selfScope).str("key")
		here := &browser{w: w}
		w.must(200, here.do(passwordLine, ann))
		user := mustID(t, id)
		there := &browser{w: w, cookie: here.cookie}
		for _, step := range []struct {
			why       error
			here      string // the answer of accounts
			elsewhere int    // that of the application's own resources
			keeps     bool   // the cookie
		}{
			{errors.New("the service of tenants is down"), "503 unexpected_failure", 503, true},
			{accounts.Refuse("Not today."), "403 refused_by_application", 403, false},
		} {
			down.Store(user, step.why)
			w.advance(6 * time.Minute) // the token behind the cookie is over, and what is known of the key
			got := here.do("GET /user", "")
			if text := fmt.Sprintf("%d %s", got.status, got.code()); text != step.here || here.cookie != "" != step.keeps {
				t.Errorf("%v: %s %s, cookie %q", step.why, text, got.text, here.cookie)
			}
			byKey := w.request("GET /rest/v1/notes", key, "")
			for name, r := range map[string]*http.Request{"cookie": there.request("GET /rest/v1/notes", ""), "key": byKey} {
				_, err := auth.Authenticate(w.a.Authenticator(), r)
				rec := httptest.NewRecorder()
				problem.Write(rec, r, err, problem.Options{Logger: w.cfg.Logger})
				if rec.Code != step.elsewhere || errors.Is(err, auth.ErrInvalid) == step.keeps {
					t.Errorf("%v: %s: %d, %v", step.why, name, rec.Code, err)
				}
			}
			down.Delete(user)
		}
		w.must(200, there.do("GET /user", "")) // nothing has ended
		w.keyAlive("refused before", key)
	})
}

// TestBeforeToken: the hook adds claims, reserved ones are an error, and it can refuse
// tokens.
func TestBeforeToken(t *testing.T) {
	var mode sync.Map
	engines(t, func(c *accounts.Config) {
		c.BeforeToken = func(_ context.Context, token *accounts.Token) error {
			name, _, _ := strings.Cut(token.User.Email, "@")
			if token.Session == "" || token.AAL != 1 || !slices.Equal(token.Roles, []string{"authenticated"}) {
				return fmt.Errorf("token %+v", token)
			}
			token.Roles[0] = "admin"
			switch claim, _ := mode.Load(name); claim {
			case nil:
				token.Claims["tenant_id"], token.Claims["plan"] = "acme", 3
			case "refuse":
				return accounts.Refuse("Not today.")
			default:
				token.Claims[claim.(string)] = "x"
			}
			return nil
		}
	}, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		p, err := w.a.Verify(t.Context(), up.str("access_token"))
		if err != nil || p.Tenant != "acme" || fmt.Sprint(p.Claims["plan"]) != "3" || !slices.Equal(p.Roles, []string{"authenticated"}) {
			t.Errorf("%v: tenant %q, roles %v, claims %v", err, p.Tenant, p.Roles, p.Claims)
		}
		for i, claim := range append(accounts.ReservedClaims(), "refuse") {
			name := fmt.Sprintf("u%d%s", i, t.Name()[strings.LastIndexByte(t.Name(), '/')+1:])
			mode.Store(strings.ToLower(name), claim)
			want := 500
			if claim == "refuse" {
				want = 403
			}
			got := w.do("POST /signup", "", fmt.Sprintf(`{"email":"%s@example.org","password":"a good password"}`, name))
			if got.status != want || strings.Contains(got.text, "access_token") {
				t.Errorf("%s: %d %s", claim, got.status, got.text)
			}
		}
	})
}

// TestAfterSignIn: the hook runs after logins are stored and not after refreshes, and
// cannot undo them.
func TestAfterSignIn(t *testing.T) {
	var mu sync.Mutex
	told := map[string][]accounts.SignedIn{}
	engines(t, func(c *accounts.Config) {
		c.AfterSignIn = func(_ context.Context, in accounts.SignedIn) error {
			mu.Lock()
			defer mu.Unlock()
			told[in.User.ID.String()] = append(told[in.User.ID.String()], in)
			if len(told[in.User.ID.String()]) == 1 {
				return errors.New("the mail of welcome cannot be sent")
			}
			panic("and neither can this")
		}
	}, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		w.advance(time.Minute)
		in := w.must(200, w.do("POST /token?grant_type=password", "", ann))
		w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
		mu.Lock()
		defer mu.Unlock()
		list := told[in.body["user"].(map[string]any)["id"].(string)]
		if len(list) != 2 || list[1].Method != "password" || list[1].Address != "192.0.2.1" || list[1].User.Email != "ann@example.org" {
			t.Errorf("told %+v", list)
		}
	})
}

// parcel is a row of an application that belongs to a user.
type parcel struct {
	bun.BaseModel `bun:"table:parcels"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
}

// TestBeforeDelete: wherever accounts are deleted, rows of the application are deleted in
// the same transaction. If the hook refuses, fails or panics, both stay.
func TestBeforeDelete(t *testing.T) {
	var mu sync.Mutex
	why := map[string]error{} // by the address of who is not to be deleted
	told := map[string][]string{}
	engines(t, func(c *accounts.Config) {
		keyed(c)
		c.BeforeDelete = func(ctx context.Context, d *accounts.Deletion) error {
			if _, err := store.For[parcel](d.Tx).DeleteWhere(ctx, store.Eq("owner_id", d.User.ID)); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			id := d.User.ID.String()
			if told[id] = append(told[id], fmt.Sprint(d.User.Email, " ", d.Kept)); d.User.Email == "panic@example.org" {
				panic("out of order")
			}
			return why[d.User.Email]
		}
	}, func(t *testing.T, w *world) {
		parcels := store.For[parcel](w.db)
		if err := w.db.Register((*parcel)(nil)); err != nil {
			t.Fatal(err)
		}
		if _, err := migrate.Auto(t.Context(), w.db, accounts.Migrations()); err != nil {
			t.Fatal(err)
		}
		writes := func(id string) store.ID {
			t.Helper()
			owner := mustID(t, id)
			for range 2 {
				if err := parcels.Insert(t.Context(), &parcel{OwnerID: owner}); err != nil {
					t.Fatal(err)
				}
			}
			return owner
		}
		left := func(owner store.ID) int64 {
			t.Helper()
			n, err := parcels.Count(t.Context(), store.Eq("owner_id", owner))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		w.role("manager", accounts.PermissionAdmin)
		_, manager := w.person("manager", "manager")
		bystander, _ := w.person("bystander")
		others := writes(bystander)

		const keep = `{"should_soft_delete":true}`
		doors := map[string]struct {
			delete func(id string) *answer // nil is DeleteUser
			kept   bool
		}{
			"DeleteUser":        {nil, false},
			"secret key":        {func(id string) *answer { return w.admin("DELETE /admin/users/"+id, "") }, false},
			"secret key, kept":  {func(id string) *answer { return w.admin("DELETE /admin/users/"+id, keep) }, true},
			"who manages":       {func(id string) *answer { return w.with(publishableKey, manager, "DELETE /admin/users/"+id, "") }, false},
			"who manages, kept": {func(id string) *answer { return w.with(publishableKey, manager, "DELETE /admin/users/"+id, keep) }, true},
		}
		through := func(id string, door func(string) *answer) (status int, text string) {
			if door != nil {
				got := door(id)
				return got.status, got.text
			}
			if err := w.a.DeleteUser(t.Context(), mustID(t, id)); err != nil {
				return 0, err.Error()
			}
			return 200, ""
		}
		for name, door := range doors {
			id, _ := w.person("ann")
			owner := writes(id)
			if status, text := through(id, door.delete); status != 200 {
				t.Fatalf("%s: %d %s", name, status, text)
			}
			if n := left(owner); n != 0 {
				t.Errorf("%s: %d rows are left", name, n)
			}
			mu.Lock()
			if want := fmt.Sprint("ann@example.org ", door.kept); strings.Join(told[id], ";") != want {
				t.Errorf("%s: told %q, want %q", name, told[id], want)
			}
			mu.Unlock()
		}
		// An account that is not to go stays as it is, and so do its rows.
		for email, reason := range map[string]error{
			"refused": accounts.Refuse("The bill is open."), "failed": errors.New("the archive is down"), "panic": nil,
		} {
			mu.Lock()
			why[email+"@example.org"] = reason
			mu.Unlock()
			id, _ := w.person(email)
			in := w.in(email)
			owner := writes(id)
			for name, door := range doors {
				status, text := through(id, door.delete)
				if want := map[string]int{"refused": 403, "failed": 500, "panic": 500}[email]; door.delete != nil && status != want || status == 200 {
					t.Errorf("%s, %s: %d %s", email, name, status, text)
				}
				if email == "refused" && !strings.Contains(text, "The bill is open.") {
					t.Errorf("%s, %s: %s", email, name, text)
				}
			}
			if token, session := w.alive(in); !token || !session {
				t.Errorf("%s: token lives %v, session %v", email, token, session)
			}
			if n := left(owner); n != 2 {
				t.Errorf("%s: %d rows", email, n)
			}
		}
		if n := left(others); n != 2 {
			t.Errorf("%d rows of somebody else", n)
		}
	})
}
