//! How often two bytes stand side by side, so that rare ones can be looked for.
//!
//! Two tables that `tables/frequency.py` writes from packages of Debian 12: pairs of classes, half of the weight from
//! text (perl-modules-5.36, linux-libc-dev, libpython3.11-stdlib, vim-runtime, libssl-dev, git, libc6-dev), half from
//! binaries (coreutils, bash, libc6, perl-base, libpython3.11-minimal, openssh-client, util-linux, libssl3), and runs
//! of four from the text. Knows nothing of literals; a poor estimate costs time, never a hit.

use super::fold::{PAIRS, pair, representatives};
use std::collections::HashSet;

/// How often a common run occurs at least.
const OFTEN: f32 = 1e-4;

/// The estimates, as shares of one.
pub(super) struct Frequency {
    pairs: Vec<f32>,
    firsts: [f32; 256],
    common: HashSet<[u8; 4]>,
}

impl Frequency {
    pub(super) fn new() -> Self {
        let mut pairs = vec![0.0; PAIRS];
        let mut firsts = [0.0; 256];
        let whole: f32 = LEVELS.iter().flat_map(|row| row.iter()).map(|level| share(*level)).sum();
        for (first, row) in representatives().zip(LEVELS) {
            for (second, level) in representatives().zip(row) {
                let share = share(*level) / whole;
                pairs[pair(first, second)] = share;
                firsts[usize::from(first)] += share;
            }
        }
        Self { pairs, firsts, common: COMMON.as_chunks().0.iter().copied().collect() }
    }

    /// How often a pair of classes occurs, by its number.
    pub(super) fn pair(&self, number: usize) -> f32 {
        self.pairs[number]
    }

    /// How often a run of lower-case bytes occurs: as if each byte depended on the one before alone, unless known.
    pub(super) fn run(&self, bytes: &[u8]) -> f32 {
        let first = |byte: u8| self.firsts[usize::from(byte & 0x5f)];
        let mut share = bytes.first().map_or(1.0, |byte| first(*byte));
        for next in bytes.windows(2) {
            share *= self.pairs[pair(next[0], next[1])] / first(next[0]);
        }
        if bytes.first_chunk().is_some_and(|four| self.common.contains(four)) { share.max(OFTEN) } else { share }
    }
}

/// A letter of the table counts half octaves.
fn share(level: u8) -> f32 {
    (-0.5 * f32::from(level - b'0')).exp2()
}

/// A row for each class of the first byte, a column for each of the second, in the order of `representatives`.
#[rustfmt::skip]
const LEVELS: [&[u8; 64]; 64] = [
    br"5DBDBDFAAEAFFDFCCCDHFHHIEGFHECFGC@BAABAD>?HFABBAAHB@?CDBEFGCDFHC",
    br"@JKKLNPNMKKNMONHOOQQQQQQOMPONMPOKJJMJKJMGJLMIMNNKNMMLLMNLLKMMMLK",
    br"AKGKILNLNHGMHKIJNNPPPPPPOOLKLPLNMJIJIJKIIKNMKLLMLOLJKKNMNNNNKLMK",
    br"BKJFJKLJNNLNNNOLMNPPOOPPLNPNMMONHHHJCHJJHILMFMMNJOONNNONGKIKJKKJ",
    br"AIJJDGKKCKLLILLIDKMMJMMLELMMJMMLEIIHHIIKEHMKHIJJFMIGIKJLGKLKLMKH",
    br"CJJLLLLLFLKMMLLLKMKMMMMNLMKMNMMMCJKMHLLLIIKMKHLMLMHGLLHMLMKIMMLG",
    br"DLJJKLHOOOMOOQPMOOPQPPQQPPQQQQPPKKOOLONOKNQPNPPQPPPOOPPPPQPPPONL",
    br"CLLLLMMIMHFMDMJLNNOPPPQPPPFLNPOOOIJIJLKKIINNJKLIKNJGHLKMMOPNIILL",
    br"AHGJFKKHIFKLJMNIKHMNMOPOMMMONONMKGHHGIIKDGLKHIJJJNKFJKKMKMNILNNI",
    br"BKJJGJMLIACMHKIFHKLMJLOMMOHFJKNNIGFFDFFEGHHJFIFEGIHGFGHGHJIHGHGC",
    br">KICLNOLNAAOMMFDQOPPQQQRPPMRMIOONJKIKIJMKIPNLLMKKPLHIKMLNOPLIHNI",
    br"DLJIFHLJLMNLJJNLJMMLGINMKOPLIHNLJMMJFIKJJMOMGKMMJNMKFJLLLPOKFJMK",
    br"@KJKGININJENOONMMLNOPPOPONPPPQPOONOPNONPJMPONOPPOPOOOONPPPPPONOL",
    br"ELKKHGNMNNLMKCOMMKKNJEOOMNNPJGFOMKKIIJJLJJMMIKKKIMKIHKLLLNMNJMML",
    br"BLIJNNOMCMDPNPHFCKLMNNNODOQQQNQPIKLJKJKJHLOOLMLLGPLIKMMMJPPPLNNH",
    br"ELHJCDKJIFCOMNJHJIOPJKEJLPNNNPJAMMLLJKLLJLPNKMKALOMKJMMLKKOMKOJK",
    br"CIJILKHLMHIKHJJHEIILKLMMKILLNMNNLFGMJLJMDIOMILNONONLLLNNGNNKLJLI",
    br"EKMNNOPMOJJOJNKNIIILLMIMMKNLOPPOCNNNJNNOLEOOMJOONOEOOMFONPOHNKND",
    br"DLMNOPPMOIKOKMJNIJLLLKMNKNOORQPOPNOONPNPLNQPOOQPPRQPPPPQOQPPOMNH",
    br"GLNONPPNOLLPLOMOLMHMLNNOMNPQPQQOOOPPOOOQLNRPNQQQORQQPPPPPQQPPNNJ",
    br"FKMNGJOMNKKOMNMMKLNNNMNMMNOOPQPNKMMONNNOLOPPKPPQNPPPPOOPOQPOOMOJ",
    br"GLMNMNNMNLLOMNMNILMNMMKMLMNONOOMLMMNMNMNLNOONOOOMONONOONNNONNNMK",
    br"GLMMLONNOLMOMNNNLNNNHNNNNOPPPQQOKNNMLMMOLNPPMOPPMPNNMNOOOPPOMNNJ",
    br"GLNONOQOPMMQNOOMNOOOOOONNOQQQQQOOOPONONQLORQOQPROQQQPQPQPQPPPOOK",
    br"EHJHMLJMLJLMKKJLIJNNMNLNMMNONOONNHHLIMLNFKMNJMOONPONNNNOOOOLLNMI",
    br"EIMNNOPOONMPNNONMNNONNNONKPQQPQOMMLMMLMNKMNMNNNNKNNNNOMNLNNONMMI",
    br"CILMNIOINLENONPKNNOPPPPPOOGONOONOMLKMMLNLMPOLLJOMPMKLMMOOPOLMNNK",
    br"FLNNOOPLOJCPOQPNOPQOPQPPPPQNPQQOPPQPOPPPLPQPOQPQOQQPPPPPPQPPOONK",
    br"FJKMGMOMNMNNONOLNOOPQPPPOOOPKMKNNMMLNMMOKMPOLNNNMPNKMOPPPQPONOMK",
    br"BJKLMMOMMNLOOOONLMMOOOOONNOPODINMOKMLONNJKOPOOHNNOMMMMONNNONNNJK",
    br"DIJMMNNMMMIOMPLMMOOPPQPPNPOPOMKNNNNMNNMNLMPPNMMPLQNMNOOOOPNIMNNJ",
    br"CILMENMNMMLNONNLMONOOOOOMNMONOOMGMNOENNOKNOONNOONOOOOONNNOONNNMK",
    br"DHJJJLMMIKLMMMMDJJNOOONNLMLNNNMKKJMKKHGLDINLILLMLNLLFHLMKLMJMLKH",
    br"CIMHNNPLKFKHLJDGMKMNPNOPIKKMMMMLKIECDKHEHELHBCAMENAC@EFHHGMMFGHE",
    br"FJLLMNPLKLMMMMCJMLONPPOOMOMPOPNMOFMJKDKJHFHNEKLGKLHIKEOPOGNNONNG",
    br"EJLMLLPMJJKMKKIFJMNNNOOPLNNNJNONMCKHJCGMBFPDEGLAHNFHBFLNLKPMNNNE",
    br"@JKMBMOJFEHHHJEGKKLMONONJMKKNNMNNEIJG@GLECNNHKLFKOGGJHLMJKPNLLND",
    br">JIMKIPGFFEKFIEDKDNMOONPMNHIOKLNNCIBAEBGHHOLBD@IFG@AAJEHCFMKKILC",
    br"BJKKKLOLJIHLIIDBHLONPPNPLOONONPMMFMKGCEJGAQOFLICLPFHGGPNNJPMNNOF",
    br"CKLLJJNJJJJLKLGKLLPQPQQPNPJMQHNNKILKGCLKEEQPHKFJKQGGJGMONOMMNMNF",
    br"CEIBJCJJI?H@JBHGIIJJKKKKIGJIKJIJJBKGI@IFGCKIIJKEJJHIGIKIKJKIJJJF",
    br"FILHMMMLLDKFLIJIJGLMMMNMMILLMLMLJFFDDEBDIJMJCD?BELEBALGKHMGLMLLG",
    br"HKMMNPPONNOLOLKMNOQQRQRQOPQQQQOMQMQPNHNPJNQOLPQLPQPLPLQQPPPOPONH",
    br"FLLNNNOLKJKLKLJLLNONNOOOMONNONNNNKMKLDLMLIPOMMLMMONIMLMMONPONNMF",
    br"CJKMENOJGBIEJFIKLMJNPOPPIILMMONNNCKJFAELJBQMCLKCJPMFFFMLLFOONMND",
    br"DKMNOHPLLGLKLKJIMMPPQQQPNLNNQJMOOBGKHBGMKFRMIGLEDPMGIHOPOGOOONNF",
    br"AJJNNOOFIIGNIJHLNKONQQPPPPJLONNMNCMDBAFBHFPHFJHCJPJCAEHNODMNMINE",
    br"CLLNLLOMJKJNKJKLNMQQOOPPPPLONONLGHGDCJDHFFMIEC@GDP@EDCFELNNHMNME",
    br"EHJKMLNJJJKMKLKILKMMNOMOMMLMMNNKMCMIIBILFGMIEJMDFNCHEFLMMHNLMLLE",
    br"HKNNOOPONMOOOPNMOOQRQQQQPPPPNQPMQMOQNMNPKNQPLOPPOONNOGPMPQQNMNMH",
    br"ALKNONPIHHHNIKIGNGOOPPQQOPJLOMJMOCKGG?GFHBPHFEECJNEDDFIHMFPNMKNE",
    br"@LJONLNIHHFNGKFGMLNNOPONNPGJPMMMMFKFL@KICCPGFJHEEMJC@ELKNGNKLKND",
    br"@KJMDKMGGGGLGHGJKKLLLLLLMMJIMKKKNBKFI@IL@ANMGIKBGNBEEDLIIEMLLKMC",
    br"FKMNMLNMLKLMMNKLLLLINNKOJMNMOONMNGFGHEHIHFNMEECLFOCCCLMOJOOONNMG",
    br"HLMMMMPNLMNONNMINGMNJPNQOOMPQQOMLDLLJCGNHFQOJKNIJPNLJNPONPPNOONF",
    br"GKMMNOPNJMMPNNLMMNPPQQRQOONNQPOONEMLLHMNEDPOLMIHMNHJNNPLLPOOOONF",
    br"EIJKLLNMKIKLJJLKHHLMMJNNKMNMONNMNIMIKIKOHHOMKLNNGONKFNONLMLJMDME",
    br"BLLNONPLJKJPJMJMPNQPQQQQPPLMQONNNLMMLKNOKKOOJKDHEPLHINOMPPOONMME",
    br"IKLNNOPOMMNOONNMOOPQQRRQPPPQPQNMPMPPOGNPJKQQLPPMQRONPOQPQNOOONMF",
    br"HLLNKNPILNFOMLNKJKNMNQPQMPOQOQPNOLNJMLGOHKQNLMMNLONLKMNONNPMMEMF",
    br"EMLMDMMMNKIMNOLMNMPPPPQPPPMPONNNOGNKMNNOKLPPNNGPNOOLMKNNMNNOINNE",
    br"ELLNNOPNMIFMFNMMMLRQPQRQNPOHQPPNOEQJOPOPLLQQOPPOPQQLNOPNDMPLMKNE",
    br"HLMMNOOMMNMNOONMOMQQPPRQOPPQPPPLOIOMNNNPHMQPKOPNOPPOOOPPPOQNMOLC",
    br"EJLHIEMLIHKHJMMDHFKKJLLMIKHKJMKJIDGCDECFACMHDEFFDKECDEHHILLJJLL=",
];

/// Runs of four, one after the other, that are far more frequent in text than their pairs tell.
const COMMON: &[u8] = b"\
    ----....000002110x00211_4l2_509_8021:net=====hea=ite=non__u3__u8_add_att_cmd_com_ctx_dat_dir_err_ext_fil_fla_get\
    _id__inf_ioc_key_len_max_mod_nam_par_pro_rea_res_set_sig_siz_sk__sta_str_thr_tim_typ_u32_u64_use_verableacceacke\
    acteactiaddraderafteaisealidalloallyalsealsoalueame_amesamplan::anceandlandsangeappeapplaracaramarchargeargsargu\
    ariaarniarraarseartiasn1atchate_atedatioatteattraturatusaultauseauthautobackbasebeenbg=nbilibitsbjecblocboolbrar\
    buffbuilbutebytecallcasecatecaticcescensceptcesschancharcheccificketclascleacloscludcmd_codecolocommcompconfconn\
    conscontcopycorrcouncpancreacripctedcterctioctorctrlcurrcursdatadateddredebudecldefadefidescdevidictdiffdingdire\
    distdoesdowndresduleeacheadeearceateeatuebugechoecifeck_ectiectoecutefauefinefixelecelf-elf.elseemenemovemptenam\
    enceencoendiengtenssent_entsenumeoutepreeptiequeequiergeerm=ermbermfermiernaerroersierveescressaessiesulethoetrw\
    etureveleveneverevicevp_examexceexecexisexpaexprextefailfalsfaulfeatfferffffffsefiedfielfilefiltfinefirsflagfloa\
    fndefollformfounframfreefromfsetfterftwafuncg=nogeneget_giveglobgnatgnedgrougumehandhangharahashhaveheadheckhelp\
    hichhifthilehosthoulhouthreahttpiablibleibraibuticalicaticenieldificifieifndightignaigneilenilesilitilteimitimpl\
    impoinclinfoingsinitinpuinuxioction.ion_ionaionsirecirstistsitemithoitioize_jectkeepkey_kingl802l_chlabllacelags\
    langlasslastlatelatileaslectlemelenalenglessletelevelf._librlicelikelimilinelinklinulistlitylledllowloadlocalock\
    longloselterludeluesm=nomainmakemandmarkmaskmatcmbermbg=mentmergmessmetamethmfg=mmanmmitmodemodimodumousmovempil\
    mplempormpremultmustnablnamenatuncluncodnctindefndexndifndlendowneednetrnextnfigngthningnitinkeynl80nlesnmounnec\
    nonenotenputnsignsslnstantainterntexntrontrynullnumbobj_objeocalocesockeoctlode_odifoduloffsoftwointollooloromma\
    ommiompaompiomplompronalonfionlyonmoonstopenoperoptiopyrormaort_ositosslotheouldoundountourcoutpoverp://pacepack\
    pan:paraparspartpasspathpdatpecipendpensperaperlpilepingplacplempletplitpoinportposippenpporprecprefpresprinproc\
    progpropprotprovps:/ptiopublpushpyriquesquirractraisrameransraryratireadreamreatrectregiremorentreporequrespress\
    resureturgumriabriburictriesrighringriptriterm=nrmatrmbgrmfgrninrocerotorounrouprrayrrenrrorrsiortedructs://sage\
    samescalscriselfservset_shifshousignsingsionsizesl_csl_ssn1_socksoftsomesourspacspecsplissagssedssiossl_stacstan\
    starstatstemstristrusubssultsuppsyncsystt_cotabltacktaintalltanctarttatitatutemptermternterstesttextthattherthis\
    thodthouthrethrotialtimetingtiontivetocotooltorytp:/tps:tputtractrantreatreetribtrictrintructruetrw_tterttinttp:\
    ttpsttr_ttritureturntwartypeubliuestuffeuilduireultiumbeumenunctundeunleunsiupdauppourceurnsurreuse_useduserutio\
    utpuv4l2valivaluvariventversvicevidevoidwaitwarewarnwhenwhicwhilwillwithwordworkwritx000x509xampxcepxistxpanxten\
    xterype_ypesyrigysteyteszero\
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_make_one() {
        let frequency = Frequency::new();
        let whole: f32 = (0..PAIRS).map(|number| frequency.pair(number)).sum();
        assert!((whole - 1.0).abs() < 0.001, "{whole}");
    }

    #[test]
    fn words_are_more_frequent_than_noise() {
        let frequency = Frequency::new();
        assert!(frequency.run(b"ther") > 20.0 * frequency.run(b"xqzj"));
        assert!(frequency.run(b"THER") > 20.0 * frequency.run(b"hp_g"));
    }
}
