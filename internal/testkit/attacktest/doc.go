// Package attacktest holds what attackers send, by the cases of docs/security-cases.md. A
// package that has to withstand it is tried with it by itself, and a served application
// with all of it over sockets.
package attacktest
