package wire

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// views returns users with their identities and factors.
func (x *request) views(users []*data.User) ([]*UserView, error) {
	ids := make([]store.ID, len(users))
	at := make(map[store.ID]int, len(users))
	for i, u := range users {
		ids[i], at[u.ID] = u.ID, i
	}
	out := make([]*UserView, len(users))
	if len(users) == 0 {
		return out, nil
	}
	identities, err := data.IdentitiesAmong(x.r.Context(), x.DB, ids)
	if err != nil {
		return nil, err
	}
	factors, err := data.FactorsAmong(x.r.Context(), x.DB, ids)
	if err != nil {
		return nil, err
	}
	of := make([][]*data.Identity, len(users))
	for _, i := range identities {
		of[at[i.UserID]] = append(of[at[i.UserID]], i)
	}
	for i, u := range users {
		out[i] = viewUser(u, of[i])
	}
	for _, f := range factors {
		v := out[at[f.UserID]]
		v.Factors = append(v.Factors, viewFactor(f))
	}
	return out, nil
}

// paging reads page and per_page. Empty values are the defaults.
func (x *request) paging() (data.Paging, error) {
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
func (x *request) paginate(path string, p data.Paging, total int64, name, value string) {
	last := max(1, int((total+int64(p.Size)-1)/int64(p.Size)))
	link := func(number int, rel string) string {
		address := strings.TrimSuffix(x.PublicURL, "/") + "/" + path + "?page=" + strconv.Itoa(number) + "&per_page=" + strconv.Itoa(p.Size)
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

// UserView is a user as clients see them. Clients distinguish absent members from null, so
// the tag of each decides.
type UserView struct {
	ID                 store.ID        `json:"id"`
	Aud                string          `json:"aud"`
	Role               string          `json:"role"`
	Email              string          `json:"email"`
	EmailConfirmedAt   *time.Time      `json:"email_confirmed_at,omitempty"`
	Phone              string          `json:"phone"`
	PhoneConfirmedAt   *time.Time      `json:"phone_confirmed_at,omitempty"`
	ConfirmedAt        *time.Time      `json:"confirmed_at,omitempty"`
	InvitedAt          *time.Time      `json:"invited_at,omitempty"`
	ConfirmationSentAt *time.Time      `json:"confirmation_sent_at,omitempty"`
	RecoverySentAt     *time.Time      `json:"recovery_sent_at,omitempty"`
	NewEmail           string          `json:"new_email,omitempty"`
	EmailChangeSentAt  *time.Time      `json:"email_change_sent_at,omitempty"`
	NewPhone           string          `json:"new_phone,omitempty"`
	PhoneChangeSentAt  *time.Time      `json:"phone_change_sent_at,omitempty"`
	ReauthenticationAt *time.Time      `json:"reauthentication_sent_at,omitempty"`
	LastSignInAt       *time.Time      `json:"last_sign_in_at,omitempty"`
	AppMetadata        json.RawMessage `json:"app_metadata"`
	UserMetadata       json.RawMessage `json:"user_metadata"`
	Identities         []identityView  `json:"identities"`
	Factors            []FactorView    `json:"factors,omitempty"`
	CreatedAt          time.Time       `json:"created_at"`
	UpdatedAt          time.Time       `json:"updated_at"`
	BannedUntil        *time.Time      `json:"banned_until,omitempty"`
	DeletedAt          *time.Time      `json:"deleted_at,omitempty"`
	IsAnonymous        bool            `json:"is_anonymous"`
}

// identityView is an identity as clients see it: id is the provider's ID of the user,
// identity_id that of the row.
type identityView struct {
	IdentityID   store.ID        `json:"identity_id"`
	ID           string          `json:"id"`
	UserID       store.ID        `json:"user_id"`
	IdentityData json.RawMessage `json:"identity_data"`
	Provider     string          `json:"provider"`
	LastSignInAt *time.Time      `json:"last_sign_in_at,omitempty"`
	CreatedAt    time.Time       `json:"created_at"`
	UpdatedAt    time.Time       `json:"updated_at"`
	Email        string          `json:"email,omitempty"`
}

func viewUser(u *data.User, identities []*data.Identity) *UserView {
	v := &UserView{
		ID: u.ID, Aud: data.Audience, Role: u.Role, Email: data.Deref(u.Email), EmailConfirmedAt: u.EmailConfirmedAt, Phone: data.Deref(u.Phone),
		PhoneConfirmedAt: u.PhoneConfirmedAt, ConfirmedAt: u.EmailConfirmedAt, InvitedAt: u.InvitedAt, ConfirmationSentAt: u.ConfirmationSentAt,
		RecoverySentAt: u.RecoverySentAt, NewEmail: data.Deref(u.NewEmail), EmailChangeSentAt: u.EmailChangeSentAt, NewPhone: data.Deref(u.NewPhone),
		PhoneChangeSentAt: u.PhoneChangeSentAt, ReauthenticationAt: u.ReauthenticationSentAt, LastSignInAt: u.LastSignInAt,
		AppMetadata: json.RawMessage(u.AppMetadata), UserMetadata: json.RawMessage(u.UserMetadata), Identities: []identityView{},
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, BannedUntil: u.BannedUntil, DeletedAt: u.RemovedAt, IsAnonymous: u.IsAnonymous,
	}
	if v.ConfirmedAt == nil {
		v.ConfirmedAt = u.PhoneConfirmedAt
	}
	for _, i := range identities {
		v.Identities = append(v.Identities, identityView{
			IdentityID: i.ID, ID: i.Subject, UserID: i.UserID, IdentityData: json.RawMessage(i.Data), Provider: i.Provider,
			LastSignInAt: i.LastSignInAt, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, Email: data.Deref(i.Email),
		})
	}
	return v
}

// SessionView is a session as clients see it: the two tokens and their user.
type SessionView struct {
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type"`
	ExpiresIn    int64     `json:"expires_in"` // seconds
	ExpiresAt    int64     `json:"expires_at"` // Unix seconds
	RefreshToken string    `json:"refresh_token"`
	User         *UserView `json:"user"`

	RecoveryCodes *int64 `json:"recovery_codes_remaining,omitempty"` // after a login by one

	// The tokens of the provider at which the user has logged in.
	ProviderToken        string `json:"provider_token,omitempty"`
	ProviderRefreshToken string `json:"provider_refresh_token,omitempty"`
}

// sendSession answers with the tokens of a session, or with its cookie.
func (x *request) sendSession(in *session.Issued) error {
	v := viewAll(in.User, in.Has)
	if x.wantsCookie() {
		return x.cookies().sendCookie(in, v)
	}
	return x.send(http.StatusOK, &SessionView{
		AccessToken: in.Access, TokenType: "bearer", ExpiresIn: int64(in.Life / time.Second),
		ExpiresAt: in.Expires.Unix(), RefreshToken: in.Refresh, User: v,
		RecoveryCodes: in.RecoveryCodes,
		ProviderToken: in.Result.Access, ProviderRefreshToken: in.Result.Refresh,
	})
}

// view returns a user with their identities and factors.
func (x *request) view(u *data.User) (*UserView, error) {
	has, err := data.DetailsOf(x.r.Context(), x.DB, u.ID)
	return viewAll(u, has), err
}

func viewAll(u *data.User, has data.Details) *UserView {
	v := viewUser(u, has.Identities)
	v.Factors = viewFactors(has.Factors)
	return v
}

// send answers with JSON.
func (x *request) send(status int, v any) error {
	body, err := strictjson.Encode(v)
	if err != nil {
		return err
	}
	x.pad()
	h := x.w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body) // the client has closed the connection
	}
	return nil
}
