package wire

import (
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

// FactorView is a factor as clients see it.
type FactorView struct {
	ID               store.ID        `json:"id"`
	FriendlyName     string          `json:"friendly_name,omitempty"`
	FactorType       data.FactorType `json:"factor_type"`
	Status           string          `json:"status"`
	Phone            string          `json:"phone,omitempty"`
	CreatedAt        time.Time       `json:"created_at"`
	UpdatedAt        time.Time       `json:"updated_at"`
	LastChallengedAt *time.Time      `json:"last_challenged_at,omitempty"`
}

func viewFactor(f *data.Factor) FactorView {
	return FactorView{
		ID: f.ID, FriendlyName: f.FriendlyName, FactorType: f.Type, Status: f.Status, Phone: data.Deref(f.Phone),
		CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt, LastChallengedAt: f.LastChallengedAt,
	}
}

func viewFactors(factors []*data.Factor) []FactorView {
	out := make([]FactorView, len(factors))
	for i, f := range factors {
		out[i] = viewFactor(f)
	}
	return out
}
