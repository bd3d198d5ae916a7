package sqlite

import (
	"math/big"
	"strconv"
	"strings"
)

// exact is a decimal number without limits: digits / 10^scale.
type exact struct {
	digits big.Int
	scale  int
}

// setInt makes it an integer.
func (x *exact) setInt(n int64) {
	x.digits.SetInt64(n)
	x.scale = 0
}

// setDecimal reads a number as the store spells it; see isDecimal.
func (x *exact) setDecimal(s string) {
	whole, frac, _ := strings.Cut(s, ".")
	if n, err := strconv.ParseInt(whole+frac, 10, 64); err == nil {
		x.digits.SetInt64(n)
	} else {
		x.digits.SetString(whole+frac, 10)
	}
	x.scale = len(frac)
}

// setFloat makes it the shortest decimal number that reads back as f, which is
// how f is written.
func (x *exact) setFloat(f float64) {
	var buf [32]byte
	mantissa, exponent, _ := strings.Cut(string(strconv.AppendFloat(buf[:0], f, 'e', -1, 64)), "e")
	x.setDecimal(mantissa)
	power, _ := strconv.Atoi(exponent)
	if x.scale -= power; x.scale < 0 {
		scaleUp(&x.digits, -x.scale)
		x.scale = 0
	}
}

// add adds y, which may come out with another scale. The scale of the sum is the
// larger one.
func (x *exact) add(y *exact) {
	switch {
	case y.scale > x.scale:
		scaleUp(&x.digits, y.scale-x.scale)
		x.scale = y.scale
	case y.scale < x.scale:
		scaleUp(&y.digits, x.scale-y.scale)
		y.scale = x.scale
	}
	x.digits.Add(&x.digits, &y.digits)
}

// over returns x divided by a positive n, rounded half away from zero to as many
// digits as PostgreSQL gives a quotient of numerics.
func (x *exact) over(n int64) *exact {
	q := &exact{scale: x.quotientScale(n)}
	q.digits.Abs(&x.digits)
	scaleUp(&q.digits, q.scale-x.scale)
	divisor := big.NewInt(n)
	q.digits.Lsh(&q.digits, 1)
	q.digits.Add(&q.digits, divisor)
	q.digits.Quo(&q.digits, divisor.Lsh(divisor, 1))
	if x.digits.Sign() < 0 {
		q.digits.Neg(&q.digits)
	}
	return q
}

// quotientScale is the scale PostgreSQL gives a quotient: at least 16 digits from
// the first one that is not zero on, as it guesses from the first of the digits to
// the base 10,000 that it calculates with. It does not fall below the scale of x.
func (x *exact) quotientScale(n int64) int {
	const significant, width = 16, 4
	weight, first := leading(x)
	divisor := exact{}
	divisor.setInt(n)
	weightN, firstN := leading(&divisor)
	weight -= weightN
	if first <= firstN {
		weight--
	}
	return max(significant-width*weight, x.scale)
}

// leading returns the first digit to the base 10,000 and its weight, zeros for
// zero.
func leading(x *exact) (weight, first int) {
	const width = 4
	digits := new(big.Int).Abs(&x.digits).String()
	if digits == "0" {
		return 0, 0
	}
	power := len(digits) - x.scale - 1 // of ten, of the first decimal digit
	weight = power / width
	if power < 0 && power%width != 0 {
		weight--
	}
	for i := range power - width*weight + 1 {
		first *= 10
		if i < len(digits) {
			first += int(digits[i] - '0')
		}
	}
	return weight, first
}

// String spells the number as the store does.
func (x *exact) String() string {
	s := x.digits.String()
	if x.scale == 0 {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if missing := x.scale + 1 - len(s); missing > 0 {
		s = strings.Repeat("0", missing) + s
	}
	return sign + s[:len(s)-x.scale] + "." + s[len(s)-x.scale:]
}

// powers are the powers of ten of most scales.
var powers = func() (list [19]*big.Int) {
	n := int64(1)
	for i := range list {
		list[i] = big.NewInt(n)
		n *= 10
	}
	return list
}()

// scaleUp multiplies by a power of ten.
func scaleUp(n *big.Int, by int) {
	if by < len(powers) {
		n.Mul(n, powers[by])
		return
	}
	n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(by)), nil))
}
