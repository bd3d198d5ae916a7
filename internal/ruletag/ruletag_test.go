package ruletag_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/ruletag"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		tag      string
		required bool
		rest     string
	}{
		{"", false, ""},
		{"-", false, ""},
		{"required", true, ""},
		{"max=3", false, "max=3"},
		{"required,max=3", true, "max=3"},
		{"max=3,required", true, "max=3"},
		{"required_if=A b", false, "required_if=A b"},
		{"oneof=required", false, "oneof=required"},
		{"dive,required", false, "dive,required"},
		{"required,dive,required", true, "dive,required"},
		{"max=2,dive,required,max=3", false, "max=2,dive,required,max=3"},
		{"max=2,required,dive,dive,required", true, "max=2,dive,dive,required"},
	} {
		if required, rest := ruletag.Split(tt.tag); required != tt.required || rest != tt.rest {
			t.Errorf("Split(%q) = %v, %q, want %v, %q", tt.tag, required, rest, tt.required, tt.rest)
		}
	}
}
