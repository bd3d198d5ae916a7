package openapi_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/openapi"
)

// TestRequiredBehindDive: what is required of items is not required of their list.
func TestRequiredBehindDive(t *testing.T) {
	t.Parallel()
	type order struct {
		First  []string `json:"first"  validate:"dive,required"`
		Second []string `json:"second" validate:"max=2,dive,required"`
		Both   []string `json:"both"   validate:"max=2,required,dive,required"`
	}
	schema := openapi.NewTypes("shop.").Input(reflect.TypeFor[order]())
	if !slices.Equal(schema.Required, []string{"both"}) {
		t.Errorf("required: %q", schema.Required)
	}
	for _, p := range schema.Properties {
		if p.Schema.Items == nil || p.Schema.Items.MinLength == nil || *p.Schema.Items.MinLength != 1 {
			t.Errorf("%s: the items may be empty", p.Name)
		}
	}
}
