package alacenc_test

import "testing"
import ("os";"fmt";"math/rand"; "math"; "github.com/breezeway-audio/breezeway/pkg/sim/alacenc")

func TestDump(t *testing.T) {
	f,_ := os.Create("/tmp/bw/sim_alac.hex"); defer f.Close()
	r,_ := os.Create("/tmp/bw/sim_alac.raw"); defer r.Close()
	e,_ := alacenc.New(352)
	rng := rand.New(rand.NewSource(1))
	for p:=0;p<290;p++ {
		pcm := make([]int32, 704)
		for i:=0;i<352;i++ {
			n := float64(p*352+i)
			switch p%6 {
			case 0: pcm[2*i]=int32(20000*math.Sin(n*0.05)); pcm[2*i+1]=int32(20000*math.Sin(n*0.05+.1))
			case 1: pcm[2*i]=int32(rng.Intn(65536)-32768); pcm[2*i+1]=int32(rng.Intn(65536)-32768)
			case 2: 
			case 3: if rng.Intn(50)==0 { pcm[2*i]=int32(rng.Intn(65536)-32768) }
			case 4: v:=int32(rng.Intn(6)-3); pcm[2*i]=v; pcm[2*i+1]=v/2
			case 5: pcm[2*i]=int32(15000*math.Sin(n*0.01))+int32(rng.Intn(400)); pcm[2*i+1]=-pcm[2*i]
			}
		}
		if p%17==0 { pcm=pcm[:2*(1+rng.Intn(351))] }
		b := e.Append(nil, pcm)
		if p<20 { fmt.Println(p%6, len(pcm), len(b)) }
		fmt.Fprintf(f, "FULL %x\n", b)
		for _,s := range pcm { r.Write([]byte{byte(s),byte(s>>8)}) }
	}
}
