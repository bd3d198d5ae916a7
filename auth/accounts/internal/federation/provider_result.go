package federation

import (
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

// ProviderResultPlace is where what a provider gave to a user is sealed.
func ProviderResultPlace(user store.ID) string { return "auth_codes flow " + user.String() }

// SealProviderResult encrypts what a provider gave to a user, nil for nothing.
func (fd *Federation) SealProviderResult(user store.ID, e *data.ProviderResult) ([]byte, error) {
	if *e == (data.ProviderResult{}) {
		return nil, nil
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return fd.Keys.Seal(ProviderResultPlace(user), raw), nil
}
