package store_test

import (
	"encoding/json"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

func decimal(t *testing.T, s string) store.Decimal {
	t.Helper()
	d, err := store.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	if d := decimal(t, "+01.50"); d.String() != "1.50" {
		t.Error(d)
	}
	if d := (store.Decimal{}); d.String() != "0" || d.Cmp(decimal(t, "0.00")) != 0 {
		t.Errorf("the zero Decimal is %s", d)
	}
	if d := store.DecimalOf(-7); d.String() != "-7" || d.Cmp(decimal(t, "-6.99")) != -1 {
		t.Error(d)
	}
	if _, err := store.ParseDecimal("NaN"); err == nil {
		t.Error("NaN was accepted")
	}
}

// TestDecimalOfText: the exponent of a number in a string cannot make the number much
// longer.
func TestDecimalOfText(t *testing.T) {
	t.Parallel()
	for text, fits := range map[string]bool{`"1e64"`: true, `1e399`: true, `"1e399"`: false, `"1\u0065399"`: false, `"-1e-300"`: false} {
		var d store.Decimal
		if err := json.Unmarshal([]byte(text), &d); (err == nil) != fits {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestDecimalForms(t *testing.T) {
	t.Parallel()
	d := decimal(t, "1.50")
	for _, src := range []any{"1.50", []byte("1.50")} {
		var got store.Decimal
		if err := got.Scan(src); err != nil || got != d {
			t.Errorf("scanning %v gives %s, %v", src, got, err)
		}
	}
	var seven store.Decimal
	if err := seven.Scan(int64(7)); err != nil || seven != store.DecimalOf(7) {
		t.Errorf("%s, %v", seven, err)
	}
	for _, src := range []any{nil, 1.5, "x"} {
		if err := new(store.Decimal).Scan(src); err == nil {
			t.Errorf("scanning %v succeeded", src)
		}
	}
	if v, err := d.Value(); v != "1.50" || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	raw, err := json.Marshal(map[string]store.Decimal{"d": d})
	if err != nil || string(raw) != `{"d":1.50}` {
		t.Errorf("%s, %v", raw, err)
	}
	for _, text := range []string{`1.50`, `"1.50"`} {
		var got store.Decimal
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != d {
			t.Errorf("%s gives %s, %v", text, got, err)
		}
	}
	for _, text := range []string{`true`, `"x"`, `[]`} {
		if err := json.Unmarshal([]byte(text), new(store.Decimal)); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}
