package postgres

import (
	"encoding/binary"
	"strconv"
)

// The signs of a numeric in binary form. What is neither is NaN or infinite.
const (
	numericPositive = 0x0000
	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericPlusInf  = 0xD000
	numericMinusInf = 0xF000
)

// numericMaxScale is the largest number of digits behind the point.
const numericMaxScale = 0x3FFF

// appendNumeric appends a numeric as PostgreSQL prints it, with all digits of
// its scale. In binary form it is a list of digits to the base 10,000, of which
// the first has the given weight.
func appendNumeric(dst, src []byte) ([]byte, error) {
	if len(src) < 8 {
		return dst, errWire
	}
	count := int(binary.BigEndian.Uint16(src))
	weight := int(int16(binary.BigEndian.Uint16(src[2:])))
	sign := binary.BigEndian.Uint16(src[4:])
	scale := int(binary.BigEndian.Uint16(src[6:]))
	digits := src[8:]
	if len(digits) != 2*count || scale > numericMaxScale {
		return dst, errWire
	}
	switch sign {
	case numericPositive:
	case numericNegative:
		dst = append(dst, '-')
	case numericNaN, numericPlusInf, numericMinusInf:
		return append(dst, null...), nil
	default:
		return dst, errWire
	}
	dst = appendWhole(dst, digits, weight)
	if scale == 0 {
		return dst, nil
	}
	return appendFraction(append(dst, '.'), digits, weight, scale), nil
}

// appendWhole appends the digits before the point, at least one.
func appendWhole(dst, digits []byte, weight int) []byte {
	if weight < 0 {
		return append(dst, '0')
	}
	i := 0
	for i < weight && numericDigit(digits, i) == 0 {
		i++
	}
	dst = strconv.AppendUint(dst, uint64(numericDigit(digits, i)), 10)
	for i++; i <= weight; i++ {
		dst = append4(dst, numericDigit(digits, i))
	}
	return dst
}

// appendFraction appends scale digits behind the point.
func appendFraction(dst, digits []byte, weight, scale int) []byte {
	end := len(dst) + scale
	for i := weight + 1; len(dst) < end; i++ {
		dst = append4(dst, numericDigit(digits, i))
	}
	return dst[:end]
}

// numericDigit returns the i-th digit; those that are not sent are zero.
func numericDigit(digits []byte, i int) uint16 {
	if i < 0 || 2*i >= len(digits) {
		return 0
	}
	return binary.BigEndian.Uint16(digits[2*i:])
}

func append4(dst []byte, n uint16) []byte {
	return append(dst, byte('0'+n/1000%10), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
}
