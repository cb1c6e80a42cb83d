//go:build !linux && amd64

package cpu

// askForTiles says no: how other systems give them is not known here.
func askForTiles() bool { return false }
