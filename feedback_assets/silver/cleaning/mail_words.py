"""How mails begin and end in many languages, as parts of patterns: introductions of quotes, header names, greetings, lines of devices.

Alternatives only, compiled by mail.py. Every repetition is bounded. Beside them, how lines of each sort begin (leads.py): a new wording
needs its lead.
"""

from feedback_assets.silver.cleaning.leads import leads

WROTE_STARTS = (
    r"On|Am|Le|El|Il|Op|Em|Den|Dnia|W dniu|Vào|Pada|På|Dne|Dňa|Ngày|Στις|Tarihinde|La data de|În data de|Dana|Datum|Ma|"
    r"(?:mån|tis|ons|tors|fre|lör|sön|ma|ti|ke|to|pe|la|su|пн|вт|ср|чт|пт|сб|вс|нд|lun|mar|mer|jeu|ven|sam|dim)[.,]?|"
    r"\d{1,4}[./ -]|\w{2,12}, \d|<?[\w.+-]{1,64}@"
)
WROTE = (
    r"\bwrote|\bschrieb|\ba écrit|\bescribió|\bha scritto|\bschreef|\bescreveu|\bskrev|\bnapisała?|\bnapisał\(a\)|\bnapsala?|\bkirjoitti|"
    r"\bírta|\ba scris|\bпишет|\bнаписала?|\bпише|\bписа|\bέγραψε|\byazdı|\bmenulis|\bđã viết|\bviết|写道|寫道|のメール|からのメール|"
    r"さんは書きました|님이 작성|كتب|כתב|เขียน"
)
WROTE_CJK = (
    r"(?:在|于|於)?\s?\d{4}\s?[年/.-][^\n]{3,160}(?:写道|寫道|のメール|书写|書きました|書いた|작성)\s?[:：]?|[^\n]{3,120}(?:于|"
    r"於)\s?\d{4}\s?年[^\n]{3,60}写道\s?[:：]"
)
ORIGINAL = (
    r"Original Message|Original E-?mail|Original Appointment|Forwarded message|Begin forwarded message|Ursprüngliche (?:Nachricht|Mail)|"
    r"Weitergeleitete Nachricht|Original-?Nachricht|"
    r"Message d['’]origine|Message original|Message transféré|Mensaje original|Mensaje reenviado|Messaggio originale|Messaggio inoltrato|"
    r"Oorspronkelijk bericht|Doorgestuurd bericht|Mensagem original|Mensagem encaminhada|Oryginalna wiadomość|Wiadomość oryginalna|"
    r"Ursprungligt meddelande|Oprindelig meddelelse|Opprinnelig melding|Alkuperäinen viesti|Původní zpráva|Eredeti üzenet|Mesaj original|"
    r"Orijinal İleti|Исходное сообщение|Пересылаемое сообщение|Оригінальне повідомлення|原始邮件|原始郵件|转发邮件|転送メッセージ|"
    r"元のメッセージ|원본 메시지"
)
FORWARD_BEGINS = (
    r"Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Début du message (?:réexpédié|transféré)|"
    r"Inicio del mensaje reenviado|Inizio messaggio inoltrato"
)
HEADER_FIRST = (
    r"From|Von|De|Da|Van|Från|Fra|Od|От|Від|Lähettäjä|Feladó|De la|Kimden|Από|Dari|发件人|發件人|寄件者|差出人|보낸 사람|จาก|من|מאת"
)
HEADER_NEXT = (
    r"Sent|Date|To|Subject|Cc|Gesendet|Datum|An|Betreff|Envoyé|À|A|Objet|Enviado(?: el| em)?|Fecha|Para|Asunto|Inviato|Data|Oggetto|"
    r"Verzonden|Aan|Onderwerp|Assunto|Skickat|Till|Ämne|Sendt|Til|Emne|Wysłano|Do|Temat|Odesláno|Komu|Předmět|Lähetetty|"
    r"Vastaanottaja|Aihe|"
    r"Küldve|Címzett|Tárgy|Trimis|Către|Subiect|Gönderildi|Kime|Konu|Дата|Отправлено|Кому|Тема|Надіслано|发送时间|發送時間|收件人|"
    r"主题|主旨|"
    r"送信日時|宛先|件名|보낸 날짜|받는 사람|제목"
)
DEVICE = (
    r"(?:Sent|Gesendet|Envoyée?|Enviad[oa]|Inviat[oa]|Verzonden|Verstuurd|Skickat|Sendt|Wysłan[eoy]|Отправлено|Надіслано|Lähetetty|"
    r"Odesláno|Trimis|Dikirim|Dihantar|Στάλθηκε)\s"
    r"(?:from|via|with|using|by|von|mit|über|aus|de(?:puis|sde)?|du|à partir|do|da|dal|dall['’]|a partir|met|vanaf|via|från|fra|med|"
    r"z|ze|za|с|со|из|з|"
    r"puhelimesta|laitteesta|pe|dari|daripada|από|iPhone|Android|Samsung|Outlook|Mail|Yahoo)\b"
    r"|Get (?:Outlook|BlackBerry|Yahoo Mail) for|Outlook für (?:iOS|Android)|(?:Télécharger|Obtener|Scarica|Obter|"
    r"Download) Outlook (?:pour|para|per|voor)"
    r"|Lähetetty iPhonesta|Az iPhone-omról küldve|发自我的|從我的|发自|iPhoneから送信|Galaxyから送信|Xperiaから送信|Androidから送信|"
    r"나의 |내 iPhone에서|"
    r"Gửi từ|Đã gửi từ|ส่งจาก|أُرسلت من|مُرسل من|نُشر من|נשלח מ"
)
DEVICE_ENDS = (
    r"(?:Von meinem|Von meiner|Vom)\s[^\n]{2,30}\sgesendet|(?:iPhone|iPad|Android)['’]?(?:umdan|imden|dan|den)? gönderildi|"
    r"(?:iPhone|iPad|Galaxy|Android|Outlook|スマートフォン)[^\n]{0,12}(?:から送信|에서 보냄|傳送|发送)"
)
CLOSING = (
    r"(?:(?:with |my )?(?:kind(?:est)?|best|warm(?:est)?|many|friendly) )?(?:regards|wishes)|rgds|b\.?r\.?|brgds|"
    r"(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|"
    r"sincerely yours|cheers|best|all the best|warmly|respectfully(?: yours)?|take care|cordially|"
    r"(?:mit )?(?:freundliche[nmr]?|viele[nm]?|liebe[nm]?|beste[nm]?|schöne[nm]?|herzliche[nm]?|sonnige[nm]?)\s(?:grüßen|grüße|gruß|"
    r"grüssen|grüsse|gruss|gruessen|gruesse)|"
    r"hochachtungsvoll|mfg|m\.f\.g|lg|vg|liebe grüße|"
    r"(?:bien )?cordialement|(?:bien )?à vous|bien amicalement|amicalement|(?:mes |sincères )?salutations(?: distinguées)?|"
    r"(?:veuillez agréer|je vous prie d['’]agréer)[^\n]{0,80}|bonne (?:journée|soirée|réception)|"
    r"(?:un )?(?:cordial )?saludos?(?: cordiales?)?|atentamente|un abrazo|reciban? un cordial saludo|muy atentamente|"
    r"(?:cordiali|distinti|i miei) saluti|saluti|cordialmente|un saluto|"
    r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en|jes)?|m\.?v\.?g\.?|groet(?:en|jes)?|hoogachtend|"
    r"atenciosamente|att|cumprimentos|(?:com os )?melhores cumprimentos|abraços?|grat[oa]|"
    r"(?:z )?(?:poważaniem|wyrazami szacunku)|pozdrawiam(?: serdecznie)?|pozdrowienia|serdecznie pozdrawiam|"
    r"(?:med )?(?:vänliga?|venlige?|vennlig|bästa|bedste|beste|mvh) ?(?:hälsning(?:ar)?|hilsen(?:er)?)?|mvh|hilsen|hälsningar|"
    r"ystävällisin terveisin|terveisin|s pozdravem|s přátelským pozdravem|hezký den|s pozdravom|üdvözlettel|tisztelettel|cu stimă|"
    r"cu respect|"
    r"saygılarımla|iyi çalışmalar|selamlar|с уважением|с наилучшими пожеланиями|з повагою|με εκτίμηση|φιλικά|поздрави|с уважение|"
    r"lep pozdrav|srdačan pozdrav|"
    r"hormat saya|salam(?: hormat)?|trân trọng|ขอแสดงความนับถือ|敬具|敬上|此致|此致敬礼|祝好|顺颂商祺|よろしくお願い(?:いた|"
    r"致)?します|以上、?よろしくお願い(?:いた|致)?します|"
    r"宜しくお願い(?:いた|致)?します|감사합니다|مع (?:أطيب )?(?:ال)?تحيات(?:ي)?|تحياتي|בברכה"
)
THANKS = (
    r"(?:many )?thanks(?: (?:and|&) (?:kind |best )?regards| again| a lot| so much| in advance)?|thank you(?: (?:very|so) much|"
    r" again| in advance| for your (?:help|time))?|thx|ty|"
    r"(?:vielen |besten |herzlichen )?dank(?:e)?(?: im voraus| schön)?|danke und gruß|merci(?: beaucoup| d['’]avance)?|"
    r"(?:muchas )?gracias(?: de antemano)?|"
    r"(?:mille )?grazie(?: mille)?|(?:muito )?obrigad[oa]|bedankt|alvast bedankt|dank u(?: wel)?|dziękuję|z góry dziękuję|"
    r"tack(?: på förhand)?|takk|tak|kiitos|děkuji|"
    r"köszönöm|mulțumesc|teşekkürler|спасибо|заранее спасибо|дякую|ευχαριστώ|terima kasih|cảm ơn|谢谢|謝謝|ありがとうございます|"
    r"고맙습니다|شكرا|תודה"
)

QUOTE_LEADS = leads(
    "on am le el il op em den dnia w vào pada på dne dňa ngày στις tarihinde la în dana datum ma mån tis ons tors fre lör sön ti ke "
    "to pe su "
    "пн вт ср чт пт сб вс нд lun mar mer jeu ven sam dim 在 于 於 mon tue wed thu fri sat sun"
)
HEADER_LEADS = leads("from von de da van från fra od от від läh fel kim dari 发 發 寄 差 보 จาก من מאת")
OLD_LEADS = leads(
    "original forwarded begin ursprüngliche weitergeleitete message début mensaje inicio messaggio inizio oorspronkelijk "
    "doorgestuurd mensagem "
    "oryginalna wiadomość ursprungligt oprindelig opprinnelig alkuperäinen původní eredeti mesaj orijinal исходное пересылаемое "
    "оригінальне "
    "anfang 原 转 転 元 원"
)
DEVICE_LEADS = leads(
    "sent gesendet envoyé envoyée enviado enviada inviato inviata verzonden verstuurd skickat sendt wysłane wysłano отправлено надіслано "
    "lähetetty odesláno trimis dikirim dihantar στάλθηκε get outlook télécharger obtener scarica obter download az 发 從 iph ipad "
    "and gal xpe "
    "나 내 gửi đã ส่ง أُ أر مُ نُ نشل von vom 스 ス נשל"
)
CLOSING_LEADS = leads(
    "with my kind kindest best warm warmest many friendly regards wishes rgds b br brgds yours sincerely faithfully truly cheers all "
    "warmly "
    "respectfully take cordially mit freundliche viele liebe beste schöne herzliche sonnige hochachtungsvoll mfg m lg vg bien "
    "cordialement à "
    "amicalement mes sincères salutations veuillez je bonne un cordial saludos atentamente reciban reciba muy cordiali distinti i saluti "
    "cordialmente met vriendelijke hartelijke mvg groet groeten hoogachtend atenciosamente att cumprimentos com melhores abraço "
    "grato grata "
    "z poważaniem wyrazami pozdrawiam pozdrowienia serdecznie med vänlig venlig vennlig bästa bedste mvh hilsen hälsningar ystävällisin "
    "terveisin s hezký üdvözlettel tisztelettel cu saygılarımla iyi selamlar с з με φιλικά поздрави lep srdačan hormat salam trân "
    "ขอแ 敬 此 祝 "
    "顺 よ 以 宜 감 مع تحي בבר thanks thank thx ty vielen besten herzlichen dank danke merci muchas gracias mille grazie muito "
    "obrigado bedankt "
    "alvast dziękuję tack takk tak kiitos děkuji köszönöm mulțumesc teşekkürler спасибо заранее дякую ευχαριστώ terima cảm 谢 謝 あ "
    "고 شكر תוד"
)
LEADS = QUOTE_LEADS | HEADER_LEADS | OLD_LEADS | DEVICE_LEADS | CLOSING_LEADS
"""What the line begins with on which a part of a mail may begin."""
