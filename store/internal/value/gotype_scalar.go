package value

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

func boolType() GoType {
	return GoType{
		Kind: driver.KindBool,
		Get:  func(v reflect.Value) (any, error) { return v.Bool(), nil },
		Set:  setter(reflect.Value.SetBool),
		scan: func(v reflect.Value, raw []byte) error {
			v.SetBool(string(raw) == "true")
			return nil
		},
	}
}

func intType(bits int) GoType {
	return GoType{
		Kind: driver.KindInt, Bits: bits,
		Get: func(v reflect.Value) (any, error) { return v.Int(), nil },
		Set: func(v reflect.Value, x any) error {
			n, ok := x.(int64)
			if !ok {
				return mismatch(v, x)
			}
			return setInt(v, n)
		},
		scan: func(v reflect.Value, raw []byte) error {
			n, err := strconv.ParseInt(string(raw), 10, 64)
			if err != nil {
				return err
			}
			return setInt(v, n)
		},
	}
}

func setInt(v reflect.Value, n int64) error {
	if v.OverflowInt(n) {
		return fmt.Errorf("%d does not fit %s", n, v.Type())
	}
	v.SetInt(n)
	return nil
}

func uintType(bits int) GoType {
	return GoType{
		Kind: driver.KindInt, Bits: bits, Unsigned: true,
		Get: func(v reflect.Value) (any, error) { return int64(v.Uint()), nil },
		Set: func(v reflect.Value, x any) error {
			n, ok := x.(int64)
			if !ok {
				return mismatch(v, x)
			}
			if n < 0 || v.OverflowUint(uint64(n)) {
				return fmt.Errorf("%d does not fit %s", n, v.Type())
			}
			v.SetUint(uint64(n))
			return nil
		},
	}
}

func floatType(bits int) GoType {
	return GoType{
		Kind: driver.KindFloat, Bits: bits,
		Get: func(v reflect.Value) (any, error) { return finite(widen(v.Float(), bits)) },
		Set: setter(reflect.Value.SetFloat),
		scan: func(v reflect.Value, raw []byte) error {
			f, err := strconv.ParseFloat(string(raw), 64)
			if err == nil {
				v.SetFloat(f)
			}
			return err
		},
	}
}

// widen turns a float32 into the float64 that prints alike: 0.1 stays 0.1
// instead of becoming 0.10000000149011612.
func widen(f float64, bits int) float64 {
	if bits != 32 {
		return f
	}
	wide, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64)
	if err != nil {
		return f
	}
	return wide
}

// finite rejects NaN and infinities and turns negative zero into zero.
func finite(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("NaN and infinities cannot be stored: %w", canon.ErrRange)
	}
	return f + 0, nil
}

func bytesType() GoType {
	return GoType{
		Kind: driver.KindBytes,
		Get: func(v reflect.Value) (any, error) {
			if b := v.Bytes(); b != nil {
				return b, nil
			}
			return []byte{}, nil
		},
		Set: func(v reflect.Value, x any) error {
			b, ok := x.([]byte)
			if !ok {
				return mismatch(v, x)
			}
			v.SetBytes(append(make([]byte, 0, len(b)), b...))
			return nil
		},
	}
}

// setter makes a set function of a method of reflect.Value.
func setter[T any](set func(reflect.Value, T)) func(reflect.Value, any) error {
	return func(v reflect.Value, x any) error {
		t, ok := x.(T)
		if !ok {
			return mismatch(v, x)
		}
		set(v, t)
		return nil
	}
}

// mismatch reports a bound value of the wrong form.
func mismatch(v reflect.Value, x any) error {
	if x == nil {
		return errNull
	}
	return fmt.Errorf("cannot set %s to a %T", v.Type(), x)
}
