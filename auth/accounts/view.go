package accounts

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// userView is a user as clients see them. Members that are absent and those that are
// null are not the same to them, so each says which it is.
type userView struct {
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
	Factors            []factorView    `json:"factors,omitempty"`
	CreatedAt          time.Time       `json:"created_at"`
	UpdatedAt          time.Time       `json:"updated_at"`
	BannedUntil        *time.Time      `json:"banned_until,omitempty"`
	DeletedAt          *time.Time      `json:"deleted_at,omitempty"`
	IsAnonymous        bool            `json:"is_anonymous"`
}

// identityView is an identity as clients see it: id is what the provider calls the
// user, identity_id that of the row.
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

func viewUser(u *data.User, identities []*data.Identity) *userView {
	v := &userView{
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

// sessionView is a session as clients see it: the two tokens and their user.
type sessionView struct {
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type"`
	ExpiresIn    int64     `json:"expires_in"` // seconds
	ExpiresAt    int64     `json:"expires_at"` // Unix seconds
	RefreshToken string    `json:"refresh_token"`
	User         *userView `json:"user"`

	RecoveryCodes *int64 `json:"recovery_codes_remaining,omitempty"` // behind a login by one

	// The tokens of the provider at which the user has logged in.
	ProviderToken        string `json:"provider_token,omitempty"`
	ProviderRefreshToken string `json:"provider_refresh_token,omitempty"`
}

// sendSession answers with the tokens of a session, or with its cookie.
func (x *exchange) sendSession(in *session.Issued) error {
	v := viewAll(in.User, in.Has)
	if x.wantsCookie() {
		return x.sendCookie(in, v)
	}
	return x.send(http.StatusOK, &sessionView{
		AccessToken: in.Access, TokenType: "bearer", ExpiresIn: int64(in.Life / time.Second),
		ExpiresAt: in.Expires.Unix(), RefreshToken: in.Refresh, User: v,
		RecoveryCodes: in.RecoveryCodes,
		ProviderToken: in.Result.Access, ProviderRefreshToken: in.Result.Refresh,
	})
}

// view returns a user with their identities and factors.
func (x *exchange) view(u *data.User) (*userView, error) {
	has, err := data.DetailsOf(x.r.Context(), x.a.db, u.ID)
	return viewAll(u, has), err
}

func viewAll(u *data.User, has data.Details) *userView {
	v := viewUser(u, has.Identities)
	v.Factors = viewFactors(has.Factors)
	return v
}

// send answers with JSON.
func (x *exchange) send(status int, v any) error {
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
