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

// faultTexts are the Chinese of each fault of a GGUF file, and the next step.
var faultTexts = map[weights.Fault]struct {
	zh   string
	next say.Text
}{
	weights.NotRegular:   {"不是普通文件", giveModel},
	weights.NotGGUF:      {"开头不是 GGUF，而是 %q", giveModel},
	weights.BigEndian:    {"是大端序文件；只支持小端序", convert},
	weights.WrongVersion: {"是 GGUF 第 %d 版；支持第 2 版和第 3 版", convert},
	weights.CutShort:     {"此处需要 %d 字节，只剩 %d 字节", copyAgain},
	weights.LongHeader:   {"权重之前的部分超过 %d 字节", distrust},
	weights.TooMany:      {"声称有 %d 项，剩余的 %d 字节放不下", copyAgain},
	weights.BadName:      {"名称为空、超过 %d 字节或不是可显示的 UTF-8", distrust},
	weights.Twice:        {"出现了两次", distrust},
	weights.UnknownKind:  {"值的种类 %d 未知", copyAgain},
	weights.TooDeep:      {"数组嵌套超过 %d 层", distrust},
	weights.BadBool:      {"布尔值为 %d；只允许 0 和 1", copyAgain},
	weights.WrongKind:    {"值的种类是 %s；应为 %s", convert},
	weights.BadAlign:     {"对齐值 %d 不是不超过 %d 的 2 的幂", convert},
	weights.ManyDims:     {"有 %d 维；最多 %d 维", copyAgain},
	weights.BadShape:     {"形状 %v 不可能存在", copyAgain},
	weights.UnknownType:  {"类型 %d 未知", newerModel},
	weights.RetiredType:  {"类型 %s 已从格式中撤销", newerModel},
	weights.CutBlocks:    {"每行 %d 个权重，不是 %d 的整数倍，不符合 %s 的要求", convert},
	weights.NotAligned:   {"从数据的第 %d 字节开始，不是 %d 的倍数", convert},
	weights.OutOfRange:   {"占数据的第 %d 至 %d 字节，而数据只有 %d 字节", copyAgain},
	weights.Overlap:      {"与张量 %s 重叠", distrust},
	weights.BadPart:      {"自称是第 %d 片（共 %d 片），与文件名不符", wholeSet},
	weights.NoPart:       {"缺少第 %d 片（共 %d 片）", wholeSet},
	weights.LostParts:    {"各分片共有 %d 个张量，应有 %d 个", wholeSet},
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
		text := faultTexts[bad.Fault]
		what := say.Text{En: string(bad.Fault), Zh: text.zh, Args: bad.Args}
		if bad.At >= 0 {
			what = say.T("byte %d: %s", "第 %d 字节：%s", bad.At, what)
		}
		return &say.Error{Where: where, What: what, Next: text.next, Err: err}
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
