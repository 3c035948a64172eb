package player

import (
	"math"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// dbFloor is the ratio of amplitudes between the loudest and the lowest level of
// CurveDB above mute: 30 dB, as on AirPlay's scale.
const dbFloor = 0.0316227766016838 // 10^(-30/20)

// rendererLevel is the renderer's level, 0 to 1, for a sender's.
func rendererLevel(v settings.Volume, sender float64) float64 {
	if v.Curve == settings.CurveDB {
		amplitude := math.Pow(dbFloor, 1-sender)
		sender = (amplitude - dbFloor) / (1 - dbFloor)
	}
	least, most := fraction(v.Min), fraction(v.Max)
	return least + sender*(most-least)
}

// senderLevel is the inverse of rendererLevel; levels outside the bounds are at
// them.
func senderLevel(v settings.Volume, renderer float64) float64 {
	least, most := fraction(v.Min), fraction(v.Max)
	if most <= least {
		return 1
	}
	level := min(max((renderer-least)/(most-least), 0), 1)
	if v.Curve == settings.CurveDB {
		amplitude := level*(1-dbFloor) + dbFloor
		level = 1 - math.Log(amplitude)/math.Log(dbFloor)
	}
	return level
}

func fraction(percent int) float64 { return float64(percent) / 100 }
