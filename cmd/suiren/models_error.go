package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
)

// What to do about a file that cannot be used.
var (
	copyAgain  = say.T("the file is cut short or damaged: copy it again and compare its size and SHA-256 with the publisher's", "文件不完整或已损坏：请重新复制，并与发布者公布的大小和 SHA-256 核对")
	distrust   = say.T("no known program writes this: do not use the file, ask its publisher", "没有已知程序会这样写：请勿使用此文件，并询问发布者")
	convert    = say.T("convert the model again with a current version of its converter", "请用当前版本的转换工具重新转换模型")
	wholeSet   = say.T("put all parts of the set into one folder, under their own names", "请把整套分片放在同一目录，并保留原文件名")
	giveModel  = say.T("give a GGUF file or a Hugging Face folder", "请给出 GGUF 文件或 Hugging Face 目录")
	giveLoRA   = say.T("give a folder of plain LoRA over this model, whole, as the PEFT library saves it", "请给出 PEFT 库保存的目录：在这个模型上的普通 LoRA，且完整无缺")
	readType   = say.T("take the model in BF16, F16 or F32, or a GGUF file of it in Q8_0 or Q4_K_M", "请改用 BF16、F16 或 F32 的模型，或 Q8_0、Q4_K_M 的 GGUF 文件")
	newerModel = say.T("choose another model or quantisation of it, or a newer Suiren", "请改用其他模型或其他量化版本，或更新 Suiren")
)

// faultNext are the next steps of each fault of a GGUF file.
var faultNext = map[weights.Fault]say.Text{
	weights.NotRegular:   giveModel,
	weights.NotGGUF:      giveModel,
	weights.BigEndian:    convert,
	weights.WrongVersion: convert,
	weights.CutShort:     copyAgain,
	weights.LongHeader:   distrust,
	weights.TooMany:      copyAgain,
	weights.BadName:      distrust,
	weights.Twice:        distrust,
	weights.UnknownKind:  copyAgain,
	weights.TooDeep:      distrust,
	weights.BadBool:      copyAgain,
	weights.WrongKind:    convert,
	weights.BadAlign:     convert,
	weights.ManyDims:     copyAgain,
	weights.BadShape:     copyAgain,
	weights.UnknownType:  newerModel,
	weights.RetiredType:  newerModel,
	weights.CutBlocks:    convert,
	weights.NotAligned:   convert,
	weights.OutOfRange:   copyAgain,
	weights.Overlap:      distrust,
	weights.BadPart:      wholeSet,
	weights.NoPart:       wholeSet,
	weights.LostParts:    wholeSet,
}

// modelError says what is wrong with a model at path: where, why, what next.
func modelError(path string, err error) error {
	if _, ok := errors.AsType[*say.Error](err); ok {
		return err
	}
	if bad, ok := errors.AsType[*weights.GGUFError](err); ok {
		where := shown(bad.Path)
		if bad.Place != "" {
			where += ": " + shown(bad.Place)
		}
		what := say.Engine(string(bad.Fault), bad.Args)
		if bad.At >= 0 {
			what = say.T("byte %d: %s", "第 %d 字节：%s", bad.At, what)
		}
		return &say.Error{Where: where, What: what, Next: faultNext[bad.Fault], Err: err}
	}
	if e := adapterError(err); e != nil {
		return e
	}
	if bad, ok := errors.AsType[*weights.FormatError](err); ok {
		where := shown(bad.Path)
		if bad.Place != "" {
			where += ": " + shown(bad.Place)
		}
		return &say.Error{Where: where, What: say.T("the file is not as its format requires: %s", "文件不符合格式要求：%s", say.Engine(bad.Why, bad.Args)), Next: copyAgain, Err: err}
	}
	if bad, ok := errors.AsType[*tokenizer.FormatError](err); ok {
		where := shown(bad.Path)
		if bad.Place != "" {
			where += ": " + shown(bad.Place)
		}
		return &say.Error{Where: where, What: say.T("the vocabulary cannot be used: %s", "无法使用该词表：%s", say.Engine("%v", []any{bad.Why})), Next: newerModel, Err: err}
	}
	if bad, ok := errors.AsType[*tokenizer.Fault](err); ok {
		return &say.Error{Where: shown(path), What: say.Engine(bad.Said()), Next: newerModel, Err: err}
	}
	if bad, ok := errors.AsType[*model.ConfigError](err); ok {
		if _, ok := errors.AsType[*model.GGUFError](err); ok {
			return &say.Error{Where: shown(path), What: say.Engine(bad.Why, bad.Args), Next: say.T("write a folder of f32, f16 or bf16", "请写成 f32、f16 或 bf16 的目录"), Err: err}
		}
		next := newerModel
		if _, ok := errors.AsType[*model.TypeError](err); ok {
			next = readType
		}
		return &say.Error{Where: shown(path), What: say.T("this model cannot be run here: %s", "这里不能运行此模型：%s", say.Engine(bad.Why, bad.Args)), Next: next, Err: err}
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		switch {
		case errors.Is(err, fs.ErrNotExist) && isDir(path):
			return &say.Error{Where: shown(path), What: say.T("this folder is no model: it has no %s", "这个目录不是模型：缺少 %s", shown(filepath.Base(p.Path))), Next: otherwise(path), Err: err}
		case errors.Is(err, fs.ErrNotExist):
			return &say.Error{Where: shown(p.Path), What: say.T("there is no such file", "文件不存在"), Next: giveModel, Err: err}
		case errors.Is(err, fs.ErrPermission):
			return &say.Error{Where: shown(p.Path), What: say.T("you may not read it", "没有读取权限"),
				Next: say.T("change its mode, or run as its owner", "请修改权限，或以其所有者身份运行"), Err: err}
		}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// adapterError says what is wrong with the folder of an adapter; nil: err is of none.
func adapterError(err error) error {
	of := func(path string) bool {
		name := filepath.Base(path)
		return name == "adapter_config.json" || name == "adapter_model.safetensors"
	}
	if bad, ok := errors.AsType[*weights.FormatError](err); ok && of(bad.Path) {
		where := shown(bad.Path)
		if bad.Place != "" {
			where += ": " + shown(bad.Place)
		}
		return &say.Error{Where: where, What: say.Engine(bad.Why, bad.Args), Next: giveLoRA, Err: err}
	}
	bad, ok := errors.AsType[*fs.PathError](err)
	if !ok || !of(bad.Path) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	dir := filepath.Dir(bad.Path)
	if !isDir(dir) {
		return &say.Error{Where: shown(dir), What: say.T("there is no such folder", "目录不存在"), Next: giveLoRA, Err: err}
	}
	return &say.Error{Where: shown(dir), What: say.T("this folder is no adapter: it has no %s", "这个目录不是适配器：缺少 %s", shown(filepath.Base(bad.Path))), Next: giveLoRA, Err: err}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// otherwise says what to give instead of a folder that is no model: a file in it.
func otherwise(dir string) say.Text {
	if list, _ := filepath.Glob(filepath.Join(dir, "*.gguf")); len(list) > 0 {
		return say.T("give a file in it: %s", "请给出其中的文件：%s", shown(list[0]))
	}
	return giveModel
}
