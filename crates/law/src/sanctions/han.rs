//! Syllables of names in Han characters and Hangul: Mandarin, Korean, Japanese.
//!
//! Mandarin is read character by character. Korean and Japanese readings come from tables of the
//! characters most names are made of; a name with any other character has no such reading.
//! Sources: pinyin `any_ascii` 0.3 (Unihan `kMandarin`); Korean readings Unihan `kHangul` in the
//! Revised Romanization of 2000, family names as their bearers most often spell them; Japanese the
//! commonest family and given names in Hepburn spelling.

use any_ascii::any_ascii_char;

/// Family names of two characters.
const DOUBLE: &str = "\
    欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 \
    公孙 公孫 令狐 慕容 司徒 长孙 長孫 夏侯";

/// Mandarin syllables; a family name of two characters is one.
pub(super) fn pinyin(word: &str) -> Vec<String> {
    let read = |text: &str| text.chars().map(any_ascii_char).collect::<String>().to_lowercase();
    let double = DOUBLE.split_whitespace().find_map(|name| Some((name, word.strip_prefix(name)?)));
    let (first, rest) = double.map_or((None, word), |(name, rest)| (Some(read(name)), rest));
    first.into_iter().chain(rest.chars().map(|c| read(c.encode_utf8(&mut [0; 4])))).collect()
}

/// Korean family names and what is written for them.
const KOREAN_FAMILY: &str = "\
    金 kim  李 lee  朴 park  崔 choi  鄭 jung  郑 jung  姜 kang  趙 cho  赵 cho  曺 cho \
    尹 yoon  張 jang  张 jang  林 lim  韓 han  韩 han  吳 oh  吴 oh  徐 seo  申 shin \
    權 kwon  权 kwon  黃 hwang  黄 hwang  安 ahn  宋 song  柳 ryu  全 jeon  洪 hong  高 ko \
    文 moon  梁 yang  孫 son  孙 son  白 paek  許 heo  许 heo  南 nam  沈 shim  盧 noh \
    卢 noh  河 ha  郭 kwak  成 sung  車 cha  车 cha  朱 joo  禹 woo  具 koo  羅 na  罗 na \
    閔 min  闵 min  池 ji  嚴 um  严 um  元 won  蔡 chae  千 chon  方 bang  孔 kong \
    玄 hyon  玹 hyon  廉 yom  太 thae  桂 kye";

/// Korean readings of characters in given names.
const KOREAN_GIVEN: &str = "\
    正 jong  恩 un  日 il  成 song  英 yong  永 yong  榮 yong  荣 yong  龍 ryong  龙 ryong \
    哲 chol  洙 su  秀 su  壽 su  寿 su  守 su  在 jae  宰 jae  相 sang  尚 sang  賢 hyon \
    贤 hyon  鉉 hyon  炫 hyon  浩 ho  鎬 ho  虎 ho  俊 jun  準 jun  准 jun  民 min  敏 min \
    智 ji  志 ji  知 ji  星 song  聖 song  圣 song  宇 u  佑 u  大 tae  泰 thae  東 tong \
    东 tong  勳 hun  勋 hun  訓 hun  勇 yong  容 yong  鎔 yong  植 sik  碩 sok  錫 sok \
    锡 sok  石 sok  學 hak  学 hak  鶴 hak  男 nam  南 nam  與 yo  与 yo  海 hae  光 kwang \
    國 kuk  国 kuk  明 myong  京 kyong  慶 kyong  庆 kyong  敬 kyong  景 kyong  姬 hui \
    姫 hui  熙 hui  喜 hui  美 mi  順 sun  顺 sun  淑 suk  愛 ae  爱 ae  善 son  仙 son \
    雪 sol  松 song  春 chun  承 sung  昇 sung  勝 sung  胜 sung  根 kun  奉 bong  鳳 bong \
    炳 byong  範 bom  范 bom  富 bu  福 bok  斗 tu  德 tok  道 to  吉 gil  鐵 chol \
    铁 chol  赫 hyok  革 hyok  煥 hwan  焕 hwan  桓 hwan  會 hoe  勤 kun  信 sin  新 sin \
    仁 in  寅 in  一 il  林 rim  利 ri  元 won  源 won  原 won  潤 yun  润 yun  允 yun \
    鐘 jong  鍾 jong  钟 jong  宗 jong  貞 jong  贞 jong  廷 jong  政 jong  晶 jong  珠 ju \
    柱 ju  周 ju  洲 ju  鎭 jin  鎮 jin  镇 jin  進 jin  进 jin  珍 jin  真 jin  昌 chang \
    燦 chan  讚 chan  天 chon  澤 thaek  泽 thaek  平 phyong  弼 phil  必 phil  河 ha \
    夏 ha  漢 han  汉 han  香 hyang  興 hung  兴 hung  憲 hon  宪 hon";

/// Rows of a table: what is written and how it is read.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut words = table.split_whitespace();
    std::iter::from_fn(move || Some((words.next()?, words.next()?)))
}

fn reading(table: &'static str, text: &str) -> Option<&'static str> {
    rows(table).find(|(written, _)| *written == text).map(|(_, read)| read)
}

/// Korean syllables of a name in Han characters, family name first; `None` when one is not known.
pub(super) fn korean(word: &str) -> Option<Vec<String>> {
    let (family, given) = word.split_at_checked(word.chars().next()?.len_utf8())?;
    if given.is_empty() || given.chars().count() > 2 {
        return None;
    }
    let mut out = vec![reading(KOREAN_FAMILY, family)?.to_owned()];
    for c in given.chars() {
        out.push(reading(KOREAN_GIVEN, c.encode_utf8(&mut [0; 4]))?.to_owned());
    }
    Some(out)
}

/// Initial consonants, vowels and final consonants in the order of their code points.
const INITIALS: &[&str] = &[
    "g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p",
    "h",
];
const VOWELS: &[&str] = &[
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we",
    "wi", "yu", "eu", "ui", "i",
];
const FINALS: &[&str] = &[
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p",
    "t", "t", "ng", "t", "t", "k", "t", "p", "t",
];
/// Hangul family names and what is written for them, where that is not their romanization.
const HANGUL_FAMILY: &str = "\
    김 kim  이 lee  박 park  최 choi  정 jung  강 kang  조 cho  윤 yoon  임 lim  오 oh \
    신 shin  권 kwon  안 ahn  유 yoo  고 ko  문 moon  백 paek  노 noh  곽 kwak  성 sung \
    주 joo  우 woo  구 koo  심 shim  엄 um  공 kong  리 ri  림 rim  류 ryu";

fn syllable(c: char) -> Option<String> {
    let index = u32::from(c).checked_sub(0xac00).filter(|i| *i < 11_172)? as usize;
    let initial = INITIALS.get(index / 588)?;
    let vowel = VOWELS.get(index % 588 / 28)?;
    Some(format!("{initial}{vowel}{}", FINALS.get(index % 28)?))
}

/// Korean syllables of a name in Hangul; the first as a family name when the length is a name's.
pub(super) fn hangul(word: &str) -> Vec<String> {
    let name = (2..=4).contains(&word.chars().count());
    let read = |(i, c): (usize, char)| {
        let family = reading(HANGUL_FAMILY, c.encode_utf8(&mut [0; 4]));
        let family = family.filter(|_| name && i == 0).map(str::to_owned);
        family.or_else(|| syllable(c))
    };
    word.chars().enumerate().filter_map(read).collect()
}

/// Japanese family names.
const JAPANESE_FAMILY: &str = "\
    佐藤 sato  鈴木 suzuki  高橋 takahashi  田中 tanaka  伊藤 ito  渡辺 watanabe \
    渡邊 watanabe  山本 yamamoto  中村 nakamura  小林 kobayashi  加藤 kato  吉田 yoshida \
    山田 yamada  佐々木 sasaki  山口 yamaguchi  松本 matsumoto  井上 inoue  木村 kimura \
    林 hayashi  斎藤 saito  斉藤 saito  清水 shimizu  山崎 yamazaki  森 mori  池田 ikeda \
    橋本 hashimoto  阿部 abe  安倍 abe  石川 ishikawa  山下 yamashita  中島 nakajima \
    石井 ishii  小川 ogawa  前田 maeda  岡田 okada  長谷川 hasegawa  藤田 fujita  後藤 goto \
    近藤 kondo  村上 murakami  遠藤 endo  青木 aoki  坂本 sakamoto  福田 fukuda  太田 ota \
    西村 nishimura  藤井 fujii  金子 kaneko  岡本 okamoto  藤原 fujiwara  三浦 miura \
    中野 nakano  中川 nakagawa  原田 harada  松田 matsuda  竹内 takeuchi  小野 ono \
    田村 tamura  中山 nakayama  和田 wada  石田 ishida  森田 morita  上田 ueda  原 hara \
    柴田 shibata  酒井 sakai  宮崎 miyazaki  横山 yokoyama  高木 takagi  安藤 ando \
    宮本 miyamoto  大野 ono  小島 kojima  谷口 taniguchi  今井 imai  工藤 kudo  高田 takada \
    増田 masuda  丸山 maruyama  杉山 sugiyama  村田 murata  大塚 otsuka  新井 arai \
    小山 koyama  平野 hirano  藤本 fujimoto  河野 kono  上野 ueno  野口 noguchi \
    武田 takeda  松井 matsui  千葉 chiba  菅原 sugawara  岸田 kishida  小泉 koizumi \
    麻原 asahara  重信 shigenobu  石破 ishiba  菅 suga";

/// Japanese given names.
const JAPANESE_GIVEN: &str = "\
    太郎 taro  一郎 ichiro  次郎 jiro  二郎 jiro  三郎 saburo  花子 hanako  誠 makoto \
    健 ken  健一 kenichi  健二 kenji  賢治 kenji  隆 takashi  孝 takashi  博 hiroshi \
    浩 hiroshi  宏 hiroshi  和夫 kazuo  一夫 kazuo  正 tadashi  清 kiyoshi  進 susumu \
    実 minoru  茂 shigeru  勝 masaru  昭 akira  明 akira  彰 akira  晃 akira  学 manabu \
    豊 yutaka  修 osamu  治 osamu  剛 tsuyoshi  稔 minoru  武 takeshi  毅 takeshi \
    直樹 naoki  秀樹 hideki  英樹 hideki  大輔 daisuke  翔太 shota  翔 sho  拓也 takuya \
    達也 tatsuya  和也 kazuya  哲也 tetsuya  洋子 yoko  陽子 yoko  恵子 keiko  京子 kyoko \
    幸子 sachiko  和子 kazuko  久美子 kumiko  由美子 yumiko  真由美 mayumi  裕子 yuko \
    優子 yuko  智子 tomoko  美咲 misaki  愛 ai  房子 fusako  晋三 shinzo  文雄 fumio \
    純一郎 junichiro  義偉 yoshihide  茂樹 shigeki  正義 masayoshi  彰晃 shoko \
    智津夫 chizuo  義男 yoshio  幸雄 yukio  由紀夫 yukio  雅子 masako  美智子 michiko \
    徳仁 naruhito  春樹 haruki";

/// A Japanese name, family name first; `None` when either part is not known.
pub(super) fn japanese(word: &str) -> Option<String> {
    rows(JAPANESE_FAMILY).find_map(|(written, family)| {
        let given = reading(JAPANESE_GIVEN, word.strip_prefix(written)?)?;
        Some(format!("{family} {given}"))
    })
}
